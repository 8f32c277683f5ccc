# AnyEvent.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Helper;
use LoopTests;

BEGIN { needs('AnyEvent') }
my @timers;

LoopTests::run(
    'AnyEvent',
    promise  => 'AnyEvent::CondVar',
    wait_for => sub {
        my ($holds) = @_;
        until ($holds->()) {
            my $tick = AnyEvent->condvar;
            my $timer = AnyEvent->timer(after => 0.01, cb => sub { $tick->send });
            $tick->recv;
        }
        return;
    },
    after => sub {
        my ($seconds, $code) = @_;
        push @timers, AnyEvent->timer(after => $seconds, cb => sub { $code->() });
        return;
    },
    settle => sub {
        my ($promise, $code) = @_;
        $promise->cb(
            sub {
                my ($condvar) = @_;
                my $result;
                my $error = error_of { $result = $condvar->recv };
                $code->($error, $result);
            }
        );
        return;
    },
);
