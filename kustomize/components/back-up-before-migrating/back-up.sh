#!/bin/sh -e
# Dumps the database where something is pending, and keeps the last few dumps.
[ -f /handover/service.conf ] || { echo "Nothing is pending: nothing is backed up."; exit 0; }
export PGSERVICEFILE=/handover/service.conf PGPASSFILE=/handover/passfile PGSERVICE=calcio

dump=/backups/$(date -u +%Y%m%dT%H%M%SZ)-before-$RELEASE.dump
pg_dump --format=custom --file="$dump.part" # which is no dump until it is whole
mv "$dump.part" "$dump"
echo "Backed up into $dump, $(du -h "$dump" | cut -f 1)."
rm -f /backups/*.part $(ls -r /backups/*.dump | tail -n "+$((${BACKUP_KEEP:-7} + 1))")
