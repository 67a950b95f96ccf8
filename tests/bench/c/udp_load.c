/* udp_load PORT COUNT IN_FLIGHT SIZE: keep so many datagrams on their way to an echo server and back, until so many
 * have come back, and compare each with what was sent. Segmentation offload makes them cheap to send, so that the
 * server is what takes time. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { MAX_IN_FLIGHT = 64, MAX_SIZE = 1472 };

static unsigned char sent[MAX_IN_FLIGHT][MAX_SIZE], received[MAX_IN_FLIGHT][MAX_SIZE + 1];
static uint32_t next_sequence;

static void fill(uint32_t slot, size_t size) {
    uint32_t word = ++next_sequence;
    memcpy(sent[slot], &slot, 4);
    for (size_t i = 4; i + 4 <= size; i += 4, word = word * 2654435761u + 1)
        memcpy(sent[slot] + i, &word, 4);
}

static void send_slots(int fd, const uint32_t *slots, size_t n, size_t size) {
    struct iovec iov[MAX_IN_FLIGHT];
    for (size_t i = 0; i < n; i++) {
        fill(slots[i], size);
        iov[i] = (struct iovec){sent[slots[i]], size};
    }
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control = {.header = {CMSG_LEN(sizeof(uint16_t)), SOL_UDP, UDP_SEGMENT}};
    uint16_t segment = size;
    memcpy(CMSG_DATA(&control.header), &segment, sizeof segment);
    struct msghdr message = {
        .msg_iov = iov, .msg_iovlen = n, .msg_control = n > 1 ? &control : 0, .msg_controllen = n > 1 ? sizeof control : 0};
    check("sendmsg", sendmsg(fd, &message, 0));
}

int main(int argc, char **argv) {
    if (argc != 5)
        wrong("usage: udp_load PORT COUNT IN_FLIGHT SIZE");
    long count = atol(argv[2]);
    size_t in_flight = atoi(argv[3]), size = atoi(argv[4]);
    if (in_flight > MAX_IN_FLIGHT || size > MAX_SIZE || size < 8 || size % 4)
        wrong("at most %d in flight, of 8 to %d bytes, a multiple of 4", MAX_IN_FLIGHT, MAX_SIZE);
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = check("socket", socket(AF_INET, SOCK_DGRAM, 0));
    struct timeval patience = {5, 0};
    check("setsockopt", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    check("connect", connect(fd, (struct sockaddr *)&server, sizeof server));

    struct mmsghdr messages[MAX_IN_FLIGHT] = {0};
    struct iovec iov[MAX_IN_FLIGHT];
    uint32_t slots[MAX_IN_FLIGHT];
    for (size_t i = 0; i < in_flight; i++) {
        slots[i] = i;
        iov[i] = (struct iovec){received[i], MAX_SIZE + 1};
        messages[i].msg_hdr.msg_iov = &iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    start();
    send_slots(fd, slots, in_flight, size);
    long echoes = 0, on_their_way = in_flight, to_send = count - in_flight;
    while (echoes < count) {
        int n = recvmmsg(fd, messages, in_flight, MSG_WAITFORONE, 0);
        if (n == -1 && errno == EAGAIN)
            wrong("no echo for 5 s: %ld of %ld are missing", on_their_way, count);
        check("recvmmsg", n);
        for (int i = 0; i < n; i++) {
            memcpy(&slots[i], received[i], 4);
            if (messages[i].msg_len != size || slots[i] >= in_flight || memcmp(sent[slots[i]], received[i], size))
                wrong("echo %ld is not what was sent", echoes + i);
            memset(sent[slots[i]], 0, size);
        }
        echoes += n;
        on_their_way -= n;
        long again = n < to_send ? n : to_send;
        if (again) {
            send_slots(fd, slots, again, size);
            to_send -= again;
            on_their_way += again;
        }
    }
    finish(echoes, 0);
}
