package Asterisk::ARI::File;

use strict;
use warnings;

use Asterisk::ARI::Exception ();

use overload
    '""'     => sub { $_[0]{content} },
    bool     => sub { 1 },
    fallback => 1;

sub _new {
    my ($class, $content, $content_type) = @_;
    return bless { content => $content, content_type => $content_type }, $class;
}

sub content { return $_[0]{content} }

sub content_type { return $_[0]{content_type} }

sub save {
    my ($self, $path) = @_;
    open my $file, '>:raw', $path or _cannot($path);
    print {$file} $self->{content} or _cannot($path);
    close $file or _cannot($path);
    return $self;
}

sub _cannot {
    my ($path) = @_;
    Asterisk::ARI::Exception->throw("$path cannot be written: $!");
}

1;

__END__

=encoding UTF-8

=head1 NAME

Asterisk::ARI::File - a file that Asterisk has sent, such as a recording

=head1 SYNOPSIS

    my $file = $ari->recordings->get_stored_file('greeting');
    print $file->content_type, ', ', length $file, " bytes\n";
    $file->save('/tmp/greeting.wav');

=head1 DESCRIPTION

The answer of operations that give a file. Used as a text it is its bytes, unchanged.

=head1 METHODS

=head2 content

The bytes.

=head2 content_type

The media type the server has given, such as C<audio/wav>.

=head2 save

    $file->save($path);

Writes the bytes to a file, which is made or overwritten, and gives the object itself. Dies with an
L<Asterisk::ARI::Exception> if that fails.

=cut
