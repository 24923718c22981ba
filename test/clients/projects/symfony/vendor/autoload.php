<?php
// Debian's package in the place where Composer would have put it.
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
