# IO::Async, with Future.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use LoopTests;

BEGIN { needs('IO::Async::Loop', 'Future') }
my $loop = IO::Async::Loop->new;

LoopTests::run(
    'IOAsync',
    loop     => $loop,
    promise  => 'Future',
    wait_for => sub { my ($holds) = @_; $loop->loop_once until $holds->(); return },
    after    => sub { my ($seconds, $code) = @_; $loop->watch_time(after => $seconds, code => sub { $code->() }); return },
    settle   => sub {
        my ($promise, $code) = @_;
        $promise->on_ready(sub { my ($future) = @_; $future->is_done ? $code->(undef, $future->get) : $code->($future->failure); $promise = undef });
        return;
    },
);
