# A method that reads a field out of the text of an event gives what the JSON module gives, whatever the text is like.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Asterisk::ARI;
use Asterisk::ARI::JSON ();
use Helper;
use Scalar::Util qw(blessed refaddr);
use Test::More;

my $EVENTS = 5000;
my $ari    = Asterisk::ARI->new(url => 'http://localhost:1', username => 'a', password => 'b');

Asterisk::ARI::Data::_load_class("Asterisk::ARI::$_") for qw(Event::Dial Object::Channel);

# An event as it is before anybody has looked at it.
sub unread {
    my ($text) = @_;
    utf8::encode($text);
    return bless [undef, $ari, $text, 'Dial', undef], 'Asterisk::ARI::Event::Dial';
}

sub was_read { return defined $_[0][0] }

subtest 'a plain event is not read for its fields' => sub {
    my $event = unread('{"type":"Dial","dialstatus":"é 😀", "timestamp" : null, "n":-7,"peer":{"id":"p1","name":"Local/p1","caller":{"name":"x"}, "priority":12 } }');
    is $event->type,       'Dial',             'a text';
    is $event->dialstatus, "é \x{1F600}",      'one that is more than ASCII';
    is $event->timestamp,  undef,              'null';
    is $event->forwarded,  undef,              'what is not there';
    isa_ok my $peer = $event->peer, 'Asterisk::ARI::Object::Channel';
    is $peer->id,          'p1',               'the id of an object';
    is "$peer",            'p1',               'as a text';
    is $peer->name,        'Local/p1',         'a field of an object';
    is $peer->state,       undef,              'and one it does not have';
    is refaddr $peer->client, refaddr $ari,    'its client';
    ok !was_read($event) && !was_read($peer),  'nothing of it was read';
    is $peer->caller->name, 'x',               'a model in it';
    ok was_read($event) && was_read($peer),    'takes reading';
    is refaddr $peer->{caller}, refaddr $event->{peer}{caller}, 'of the same data';
    is $peer->name,        'Local/p1',         'which give the same';
    is $event->peer->name, 'Local/p1',         'as does a new object';
};

subtest 'an object that is kept' => sub {
    my $event = unread('{"type":"Dial","peer":{"id":"p1","name":"Local/p1"}}');
    my $peer  = $event->peer;
    is $event->{type}, 'Dial', 'the event is read';
    undef $event;
    is $peer->name, 'Local/p1', 'the object has what it needs';
    is_deeply { %$peer }, { id => 'p1', name => 'Local/p1' }, 'all of it';
};

subtest 'what is no JSON' => sub {
    for my $text ('', '{', '[]', '{"type"}', '{"type":}', '{"type":"Dial"', '{"type":"Di', '{"type":tru}', '{type:1}', '{"a":1 "type":2}') {
        isa_ok error_of { unread($text)->type }, 'Asterisk::ARI::Exception::ProtocolException', "'$text'";
    }
};

# Values that are alike for is_deeply are alike for a program, but for objects.
sub same {
    my ($got, $wanted, $what) = @_;
    if (blessed $got && $got->isa('Asterisk::ARI::Object')) {
        return same($got->name, $wanted->{name}, "$what: name") && same($got->state, $wanted->{state}, "$what: state")
            && same($got->id, $wanted->{id}, "$what: id") && same({ %$got }, $wanted, "$what: data");
    }
    my ($one, $other) = map { Asterisk::ARI::JSON::encode([$_]) } $got, $wanted;
    my $copy = Asterisk::ARI::JSON::decode($one);
    return 1 if eq_array($copy, Asterisk::ARI::JSON::decode($other));
    diag "$what: $one, not $other";
    return 0;
}

subtest "$EVENTS events of all kinds" => sub {
    my $seed = srand;
    my $one_of = sub { $_[rand @_] };
    my $blank  = sub { $one_of->('', '', '', ' ', "\n\t", ' ') };
    my $value;
    my $object = sub {
        my ($depth, @names) = @_;
        my @members = map { $blank->() . $one_of->("\"$_\"", "\"$_\"", "\"$_\"", '"na\u006de"') . $blank->() . ':' . $blank->() . $value->($depth) . $blank->() }
            map { $one_of->(@names) } 1 .. rand 7;
        return '{' . (@members ? join(',', @members) : $blank->()) . '}';
    };
    $value = sub {
        my ($depth) = @_;
        my @plain = ('""', '"Up"', '"a \" } ] , b"', '"\\\\"', '"ä€"', '"\u00e4\ud83d\ude00"', '0', '-1', '12', '123456789012345678', '1234567890123456789012', '1.5', '-0', '1e3',
            'true', 'false', 'null', '[]', '{}', '["name",{"name":"x"}]');
        return $one_of->(@plain) if $depth == 0 || rand() < 0.5;
        return $object->($depth - 1, qw(id name state caller type));
    };
    my @methods = qw(type timestamp dialstatus dialstring peer caller forwarded);
    my $wrong = 0;
    for (1 .. $EVENTS) {
        my $text   = $blank->() . $object->(2, @methods, 'name') . $blank->();
        my $event  = unread($text);
        utf8::encode(my $octets = $text);
        my $wanted = Asterisk::ARI::JSON::decode($octets);
        for my $method (sort { rand() <=> 0.5 } @methods) {
            same(scalar $event->$method, $wanted->{$method}, "$method of $text") or $wrong++;
        }
    }
    is $wrong, 0, 'all fields' or diag "seed $seed";
};

done_testing;
