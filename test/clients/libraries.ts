import { existsSync } from 'node:fs'
import { needs, needsPython, orFail } from '../support/needs.ts'
import { jars, nodeModules, pythonEnvironment } from './installs.ts'

/** What a guide's client is made of, as its reader would have it installed. */
export interface Library {
  /** Why it can't be run here, naming what to install; false when it can. */
  missing: () => string | false
  /** Gets what no Debian package holds; the result is linked into the folder that the guide's code is run in, by name. */
  install?: (label: string) => Promise<Record<string, string>>
  /** Folder below projects/ with what the reader's own project has besides the guide's files. */
  project?: string
  /** Folders that are put before PATH, in the folder that the code is run in. */
  path?: string[]
  /** Shell command that prints the version of the library that sends. */
  version: string
  /** The client is a service that goes on; this URL answers when it listens. */
  service?: string
}

/** Every guide that has code, by its file's name. */
export const LIBRARIES: Record<string, Library> = {
  nodemailer: {
    missing: () => false,
    install: nodeModules,
    version: `node -p "'nodemailer ' + require('nodemailer/package.json').version"`,
  },
  express: {
    missing: () => needs('curl', 'curl'),
    install: nodeModules,
    version: `node -p "'express ' + require('express/package.json').version"`,
    service: 'http://127.0.0.1:PORT/',
  },
  'python-smtplib': {
    missing: () => needs('python3', 'python3'),
    version: 'python3 --version',
  },
  django: {
    missing: () => needsPython('ensurepip', 'python3-venv'),
    install: pythonEnvironment,
    path: ['python/bin'],
    version: 'echo Django $(python3 -m django --version)',
  },
  phpmailer: {
    missing: () =>
      needs('php', 'php-cli') || needsFile('/usr/share/php/libphp-phpmailer/autoload.php', 'libphp-phpmailer'),
    project: 'phpmailer',
    version: `php -r 'require "vendor/autoload.php"; echo "PHPMailer ", PHPMailer\\PHPMailer\\PHPMailer::VERSION;'`,
  },
  laravel: {
    missing: () =>
      needs('php', 'php-cli') ||
      needsFile('/usr/share/php/Illuminate/Foundation/Application.php', 'php-laravel-framework'),
    project: 'laravel',
    version: `php artisan --version; echo Swift Mailer $(dpkg-query -W -f '\${Version}' php-swiftmailer | cut -d- -f1)`,
  },
  symfony: {
    missing: () =>
      needs('php', 'php-cli') ||
      needsFile('/usr/share/php/Symfony/Component/Mailer/autoload.php', 'php-symfony-mailer'),
    project: 'symfony',
    version: `echo symfony/mailer $(dpkg-query -W -f '\${Version}' php-symfony-mailer | cut -d+ -f1)`,
  },
  'ruby-mail': {
    missing: () => needs('ruby', 'ruby-mail'),
    version: `ruby -r mail -e 'puts "mail #{Mail::VERSION.version}"'`,
  },
  javamail: {
    missing: () => needs('javac', 'default-jdk-headless'),
    install: jars,
    version: 'basename -s .jar lib/*.mail-*.jar',
  },
  'go-net-smtp': {
    missing: () => needs('go', 'golang-go'),
    version: 'go env GOVERSION',
  },
  msmtp: {
    missing: () => needs('msmtp', 'msmtp'),
    version: "msmtp --version | head -1 | cut -d' ' -f1,3",
  },
  mutt: {
    missing: () => needs('mutt', 'mutt'),
    version: "mutt -v | head -1 | cut -d' ' -f1,2",
  },
  swaks: {
    missing: () => needs('swaks', 'swaks'),
    version: "swaks --version | head -1 | cut -d' ' -f1,3",
  },
}

function needsFile(path: string, debianPackage: string): string | false {
  return orFail(!existsSync(path) && `needs the Debian package ${debianPackage}`)
}
