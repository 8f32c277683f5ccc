package Asterisk::ARI::Model;

use strict;
use warnings;

use parent 'Asterisk::ARI::Data';

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::Model - base of the models: answers and parts of answers that nothing can be done with

=head1 SYNOPSIS

    my $info = $ari->asterisk->get_info;
    print $info->system->version;
    print $info->{system}{version};

=head1 DESCRIPTION

All it can do is described in L<Asterisk::ARI::Data>; the classes below C<Asterisk::ARI::Model::> have a method for each field.

=head1 METHODS

=head2 client

The client the data came from.

=head2 TO_JSON

The data as a hash, for JSON modules.

=cut
