@rem package.json's scripts say "exec node ..." so that a signal sent to npm reaches the server.
@rem A POSIX shell has exec built in; Windows' shell finds this file in the package's folder instead.
@%*
