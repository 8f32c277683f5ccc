# Mojo::IOLoop.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use LoopTests;

BEGIN { needs('Mojo::IOLoop', 'Mojo::Promise') }
Mojo::IOLoop->import;

LoopTests::run(
    'Mojo',
    promise  => 'Mojo::Promise',
    wait_for => sub { my ($holds) = @_; Mojo::IOLoop->one_tick until $holds->(); return },
    after    => sub { my ($seconds, $code) = @_; Mojo::IOLoop->timer($seconds => sub { $code->() }); return },
    settle   => sub { my ($promise, $code) = @_; $promise->then(sub { $code->(undef, @_) }, sub { $code->(@_) }); return },
);
