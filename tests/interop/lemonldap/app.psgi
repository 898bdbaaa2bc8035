# LemonLDAP::NG's portal in Plack's own web server, with its pictures and scripts beside it.
# It loads its captcha whether one is shown or not, and Debian's needs image libraries: this one shows none.
BEGIN { $INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = 1 }

package Lemonldap::NG::Portal::Captcha::None {
    use Mouse;
    extends 'Lemonldap::NG::Portal::Main::Plugin';
    sub init { 1 }
}

use Plack::Builder;
use Lemonldap::NG::Portal::Main;

my $portal = Lemonldap::NG::Portal::Main->run( {} );
builder {
    enable 'Static', path => qr{^/static/}, root => '/usr/share/lemonldap-ng/portal/htdocs';
    $portal;
};
