# The password is in nothing that is shown or written.
use strict;
use warnings;

use Data::Dumper;
use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use MIME::Base64 qw(encode_base64);
use Test::More;

patience(120);
my $fake = Fake->start;
my $ari  = $fake->connect;

my $octets = PASSWORD;
utf8::encode($octets);
my @hidden = map { quotemeta } PASSWORD, $octets, 'p%C3%A4ss', 'hunter2', encode_base64(USER . ":$octets", '');
my $hidden = join '|', @hidden, 's3cr3t';

sub is_hidden {
    my ($text, $where) = @_;
    unlike $text, qr/$hidden/, $where;
    return;
}

local $Data::Dumper::Deparse = 1;
is_hidden(Dumper($ari), 'the client');
is_hidden("$ari", 'the client as a string');
is_hidden(Dumper($ari->channels), 'a resource');
is_hidden(Dumper($ari->object(Channel => 'c1')), 'an object');

my $url  = $fake->url;
my @calls = (
    sub { Asterisk::ARI->connect(url => $url, username => USER, password => 'hunter2') },
    sub { Asterisk::ARI->connect(url => 'http://127.0.0.1:9', username => USER, password => PASSWORD) },
    sub { Asterisk::ARI->connect(url => 'http://' . USER . ':hunter2@127.0.0.1:9') },
    sub { Asterisk::ARI->connect(url => 'nonsense://hunter2@x', username => USER, password => PASSWORD) },
    sub { Asterisk::ARI->connect(url => $url, username => USER, password => PASSWORD, colour => 1) },
    sub { Asterisk::ARI->connect(url => $url, username => USER, password => \*STDOUT) },
    sub { Asterisk::ARI->connect(url => $url, username => USER, password => ['hunter2']) },
    sub { Asterisk::ARI->connect(url => $url, username => ['hunter2'], password => { hunter2 => 1 }) },
    sub { Asterisk::ARI->connect(url => ['hunter2'], username => USER, password => PASSWORD) },
    sub { $ari->channels->list },
    sub { $ari->channels->get('gone') },
    sub { $ari->request(GET => 'nonsense') },
);
for my $call (@calls) {
    my $error = error_of { $call->() };
    isa_ok $error, 'Asterisk::ARI::Exception';
    is_hidden("$error", 'an error as a string');
    is_hidden(Dumper($error), 'an error and all that is in it');
}

{
    local $ENV{ARI_LOG} = 'trace';
    my ($said, $status) = program($fake, 'eval { $ari->channels->get("gone") }; warn $@; use Carp; Carp::cluck("here")');
    is $status, 0, 'a program that logs';
    like $said, qr/ari_core/, 'something';
    is_hidden($said, 'but not the password');
}
{
    my ($said) = program($fake, 'use Carp; local $SIG{__DIE__} = sub { Carp::cluck(@_) }; eval { Asterisk::ARI->connect(%login, url => "http://127.0.0.1:9") }; print "done"');
    like $said, qr/done/, 'a program with a stack trace';
}
done_testing;
