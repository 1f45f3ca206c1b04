#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
    /* A standard descriptor that is closed would become the next file or socket that is opened. */
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    return cli_run(argc, argv);
}
