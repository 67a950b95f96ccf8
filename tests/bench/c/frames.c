/* frames INTERFACE COUNT SIZE RATE: send so many frames, RATE a second (0: as fast as it goes), of Ethernet protocol
 * 0x88b5. What the frames have cost is said when they are sent; then a frame of half as many bytes more, which ends the
 * receiver's loop, now and then until stdin ends. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BURST = 16, PROTOCOL = 0x88b5, MAX_SIZE = 1024, PAUSE = 100 };

int main(int argc, char **argv) {
    if (argc != 5)
        wrong("usage: frames INTERFACE COUNT SIZE RATE");
    long count = atol(argv[2]), sent = 0;
    size_t size = atoi(argv[3]);
    double rate = atof(argv[4]);
    unsigned char frame[MAX_SIZE + MAX_SIZE / 2] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, PROTOCOL >> 8, PROTOCOL & 0xff};
    if (size < 16 || size > MAX_SIZE)
        wrong("a frame has 16 to %d bytes", MAX_SIZE);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(argv[1])};
    int fd = check("socket", socket(AF_PACKET, SOCK_RAW, 0)), one = 1;
    check("setsockopt", setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one));
    check("bind", bind(fd, (struct sockaddr *)&address, sizeof address));
    struct iovec iov = {frame, size};
    struct mmsghdr messages[BURST] = {0};
    for (int i = 0; i < BURST; i++) {
        messages[i].msg_hdr.msg_iov = &iov;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    start();
    while (sent < count) {
        while (rate && (clock_seconds(CLOCK_MONOTONIC) - wall_at_start) * rate < sent)
            ;
        sent += check("sendmmsg", sendmmsg(fd, messages, count - sent < BURST ? count - sent : BURST, 0));
    }
    finish(sent, 0);
    fflush(stdout);
    struct pollfd stdin_ends = {0, POLLIN, 0};
    while (poll(&stdin_ends, 1, PAUSE) == 0)
        check("send", send(fd, frame, size + size / 2, 0));
}
