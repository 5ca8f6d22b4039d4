# A small application that is not Python: it answers each request with the schema's version.
use strict;
use warnings;
use IO::Socket::INET;

sub given {
    open my $file, '<', "/run/secrets/application/$_[0]" or die "$_[0]: $!\n";
    return scalar <$file>;
}

$SIG{TERM} = sub { exit 0 };
@ENV{qw(PGHOST PGDATABASE PGUSER PGPASSWORD)} = ('calcio-postgres', 'calcio', given('username'), given('password'));
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die "port 8080: $!\n";
while (my $client = $server->accept) {
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
    my $said = `psql --no-psqlrc --tuples-only --no-align --command 'SELECT version_num FROM alembic_version'`;
    my $status = $? ? '503 Service Unavailable' : '200 OK';
    printf $client "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", $status, length $said, $said;
    close $client;
}
