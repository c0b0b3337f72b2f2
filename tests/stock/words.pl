# The parts of a word count in Perl, with nothing but what comes with it. Arguments: the role, and for the spout a text.

use strict;
use warnings;
use JSON::PP;

my ($role, $text) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my @waiting;
$| = 1;

sub hear {
    my $message = '';
    while (defined(my $line = <STDIN>)) {
        return $message if $line eq "end\n";
        $message .= $line;
    }
    exit 0;
}

sub say_to_host { print $json->encode({@_}), "\nend\n" }

# Waits until it is known where a tuple went. What comes meanwhile has to wait.
sub task_ids {
    while ((my $message = hear()) !~ /^\[/) { push @waiting, $message }
}

sub note {
    open(my $journal, '>>', $ENV{JOURNAL}) or die $!;
    syswrite $journal, $json->encode([@_]) . "\n";
}

sub emit {
    my ($values, $anchor, @others) = @_;
    say_to_host(command => 'emit', tuple => $values, anchors => [$anchor], @others);
    task_ids();
}

my %bolts = (
    split => sub { my ($id, $line) = @_; emit([$_], $id) for split ' ', $line },
    count => sub { note('word', $_[1]) },
    # A number of Perl's may lose digits, so what is passed on is never read.
    relay => sub {
        my ($tuple) = $_[2] =~ /"tuple":(\[.*\])\}$/s;
        print qq({"command":"emit","anchors":"$_[0]","tuple":$tuple}\nend\n);
        task_ids();
    },
    odd => sub {
        my ($id, $line) = @_;
        die "odd on purpose\n" if $line eq '!raise';
        if ($line eq '!exit') { require POSIX; POSIX::_exit(7) }
        return emit(['one', 'too many'], $id) if $line eq '!wide';
        return emit(['lost'], $id, stream => 'nowhere') if $line eq '!nowhere';
        print "printed by the odd one\n" if $line =~ /^!print/;
        emit([$line], $id);
    },
);

my $setup = $json->decode(hear());
open(my $file, '>', "$setup->{pidDir}/$$") or die $! if $setup->{pidDir};
say_to_host(pid => $$);

if ($role eq 'spout') {
    open(my $lines, '<:encoding(UTF-8)', $text) or die $!;
    my $number = 0;
    while (1) {
        my $message = $json->decode(@waiting ? shift @waiting : hear());
        my $command = $message->{command};
        if ($command eq 'next' && defined(my $line = <$lines>)) {
            chomp $line;
            say_to_host(command => 'emit', tuple => [$line], id => 'line ' . $number++, need_task_ids => JSON::PP::false);
        } elsif ($command eq 'ack' || $command eq 'fail') {
            note("${command}ed", $message->{id});
        }
        say_to_host(command => 'sync');
    }
}
while (1) {
    my $text = @waiting ? shift @waiting : hear();
    chomp $text;
    my $tuple = $json->decode($text);
    if ($tuple->{stream} eq '__heartbeat') {
        say_to_host(command => 'sync');
    } elsif (eval { $bolts{$role}->($tuple->{id}, $tuple->{tuple}[0], $text); 1 }) {
        say_to_host(command => 'ack', id => $tuple->{id});
    } else {
        say_to_host(command => 'error', msg => "$@");
        say_to_host(command => 'fail', id => $tuple->{id});
    }
}
