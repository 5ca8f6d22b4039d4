"""Line-ups, goals, and the transaction that makes a match count."""
