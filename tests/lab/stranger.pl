# Answers on a unix socket as an engine that fleet must not touch: perl - KIND SOCKET.
# Prints its process id once it listens; ends by itself after two minutes.
use strict;
use warnings;
use Socket;

my ($kind, $path) = @ARGV;
my %engines = (
    # podman 4.3.1 of Debian 12: `podman system service`
    podman => {
        process  => 'podman',
        _ping    => 'OK',
        version  => '{"Platform":{"Name":"linux/amd64/debian-12"},"Components":[{"Name":"Podman Engine","Version":"4.3.1",'
            . '"Details":{"APIVersion":"4.3.1","MinAPIVersion":"4.0.0"}},{"Name":"Conmon","Version":"conmon version 2.1.6, commit: unknown"}],'
            . '"Version":"4.3.1","ApiVersion":"1.41","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}',
        info     => '{"ID":"7db5e27f-72c7-4556-a578-3077491c94ca","Containers":0,"ContainersRunning":0,"Images":0,"Driver":"vfs",'
            . '"DriverStatus":[],"DockerRootDir":"/var/lib/containers/storage","ServerVersion":"4.3.1",'
            . '"SecurityOptions":["name=seccomp,profile=default"],"Swarm":null}',
    },
    rootless => {
        process  => 'dockerd',
        _ping    => 'OK',
        version  => '{"Platform":{"Name":""},"Components":[{"Name":"Engine","Version":"26.1.5","Details":{"ApiVersion":"1.45"}},'
            . '{"Name":"rootlesskit","Version":"2.0.2","Details":{"PortDriver":"builtin"}}],'
            . '"Version":"26.1.5","ApiVersion":"1.45","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}',
        info     => '{"ID":"f9bb4dc6-0ac6-4a8d-a3ab-0f4a55f2ca1f","Containers":0,"ContainersRunning":0,"Images":0,"Driver":"fuse-overlayfs",'
            . '"DockerRootDir":"/home/deploy/.local/share/docker","ServerVersion":"26.1.5",'
            . '"SecurityOptions":["name=seccomp,profile=builtin","name=rootless","name=cgroupns"]}',
    },
);
my $engine = $engines{$kind} or die "no engine $kind\n";

# its name among the processes, too
$0 = $engine->{process};
$SIG{CHLD} = 'IGNORE';
$SIG{TERM} = $SIG{ALRM} = sub { unlink $path; exit 0 };
alarm 120;
umask 0;
socket(my $server, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
bind($server, pack_sockaddr_un($path)) or die "bind: $!\n";
listen($server, 8) or die "listen: $!\n";
$| = 1;
print "$$\n";

while (1) {
    accept(my $peer, $server) or next;
    next if fork;
    serve($peer);
    exit 0;
}

sub serve {
    my ($peer) = @_;
    my $heard = '';
    while (sysread($peer, $heard, 4096, length $heard)) {
        while ($heard =~ s{\A(?:GET|HEAD) /(?:v[0-9.]+/)?(\w+).*?\r\n\r\n}{}s) {
            my $body = $engine->{$1} // '{}';
            syswrite $peer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
        }
    }
}
