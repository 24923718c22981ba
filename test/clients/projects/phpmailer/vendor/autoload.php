<?php
// Debian's package in the place where Composer would have put it.
require '/usr/share/php/libphp-phpmailer/autoload.php';
