<?php
$app = new Illuminate\Foundation\Application(dirname(__DIR__));
// What Laravel writes while it runs; an empty folder is in no repository.
foreach (['bootstrap/cache', 'storage/framework/views', 'storage/logs'] as $folder) {
    if (! is_dir($app->basePath($folder))) {
        mkdir($app->basePath($folder), 0700, true);
    }
}
$app->singleton(Illuminate\Contracts\Console\Kernel::class, App\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);
require $app->basePath('app/Console/Kernel.php');
return $app;
