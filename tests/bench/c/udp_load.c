/* udp_load PORT COUNT IN_FLIGHT SIZE: keep so many datagrams on their way to an echo server and back, until so many
 * have come back, and compare each with what was sent. Segmentation offload makes them cheap to send, and to receive
 * where the server uses it too, so that the server is what takes time. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { MAX_IN_FLIGHT = 64, MAX_SIZE = 1472, ROOM = 65536 };

static unsigned char sent[MAX_IN_FLIGHT][MAX_SIZE], received[MAX_IN_FLIGHT][ROOM];
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

/* Of how many bytes the datagrams are that came joined. */
static size_t segment(struct msghdr *message) {
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int size = 0;
    if (header && header->cmsg_level == SOL_UDP && header->cmsg_type == UDP_GRO)
        memcpy(&size, CMSG_DATA(header), sizeof size);
    return size;
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

    int joined = 1;
    setsockopt(fd, SOL_UDP, UDP_GRO, &joined, sizeof joined);

    struct mmsghdr messages[MAX_IN_FLIGHT] = {0};
    struct iovec iov[MAX_IN_FLIGHT];
    char control[MAX_IN_FLIGHT][CMSG_SPACE(sizeof(int))];
    uint32_t slots[MAX_IN_FLIGHT];
    for (size_t i = 0; i < in_flight; i++) {
        slots[i] = i;
        iov[i] = (struct iovec){received[i], ROOM};
        messages[i].msg_hdr.msg_iov = &iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_control = control[i];
    }
    start();
    send_slots(fd, slots, in_flight, size);
    long echoes = 0, on_their_way = in_flight, to_send = count - in_flight;
    while (echoes < count) {
        for (size_t i = 0; i < in_flight; i++)
            messages[i].msg_hdr.msg_controllen = sizeof control[i];
        int n = recvmmsg(fd, messages, in_flight, MSG_WAITFORONE, 0);
        if (n == -1 && errno == EAGAIN)
            wrong("no echo for 5 s: %ld of %ld are missing", on_their_way, count);
        check("recvmmsg", n);
        long came = 0;
        for (int i = 0; i < n; i++) {
            size_t length = messages[i].msg_len;
            if (length % size || (length > size && segment(&messages[i].msg_hdr) != size))
                wrong("%zu bytes came back, of datagrams of %zu", length, size);
            for (size_t at = 0; at < length; at += size, came++) {
                uint32_t slot;
                memcpy(&slot, received[i] + at, 4);
                if (slot >= in_flight || came >= on_their_way || memcmp(sent[slot], received[i] + at, size))
                    wrong("echo %ld is not what was sent", echoes + came);
                memset(sent[slot], 0, size);
                slots[came] = slot;
            }
        }
        echoes += came;
        on_their_way -= came;
        long again = came < to_send ? came : to_send;
        if (again) {
            send_slots(fd, slots, again, size);
            to_send -= again;
            on_their_way += again;
        }
    }
    finish(echoes, 0);
}
