/* A UDP socket on a free port of the loopback interface. */
#include <arpa/inet.h>
#include <sys/socket.h>

static int udp_socket(struct sockaddr_in *address) {
    socklen_t length = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = check("socket", socket(AF_INET, SOCK_DGRAM, 0));
    check("bind", bind(fd, (struct sockaddr *)address, sizeof *address));
    check("getsockname", getsockname(fd, (struct sockaddr *)address, &length));
    return fd;
}
