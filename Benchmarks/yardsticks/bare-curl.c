/* What libcurl can do at all: N posts over one multi handle, with reused easy handles, by a bare loop.
 *
 *   bare-curl N URL [--handles C] [--body BYTES] [--connections H] [--ca-file FILE]
 *
 * C requests are in flight [16], each with a form of BYTES [79: a token of 43 characters and its hint, as the product
 * asks], another token in each. With a CA file: HTTP/2 over TLS, streams multiplexed over at most H connections [1].
 * The whole answer is read and must be a 200 with a body. perform + poll: with curl_multi_socket_action and epoll it
 * reached 0.78 of this over HTTP/1.1, and the same over HTTP/2 (libcurl 7.88, nginx on the other core). Prints
 * {"count":…,"seconds":…,"connections":…,"bytes":…}.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOKEN = 43, LARGEST = 65536 };

struct transfer {
    CURL *easy;
    char *form;
    char answer[LARGEST];
    size_t size;
};

static long count, started, done, connections, received;
static int body_size = 79;
static CURLM *multi;

static void fail(const char *what, const char *detail) {
    fprintf(stderr, "bare-curl: error: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    exit(1);
}

static void must(CURLMcode code) {
    if (code != CURLM_OK) fail("libcurl", curl_multi_strerror(code));
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t take(char *bytes, size_t size, size_t items, void *context) {
    struct transfer *transfer = context;
    size *= items;
    if (transfer->size + size > LARGEST) return 0;
    memcpy(transfer->answer + transfer->size, bytes, size);
    transfer->size += size;
    return size;
}

static void start(struct transfer *transfer) {
    char number[24];
    int length = snprintf(number, sizeof number, "%012ld", started++);
    memcpy(transfer->form + strlen("token="), number, (size_t)length);
    transfer->size = 0;
    must(curl_multi_add_handle(multi, transfer->easy));
}

/* Takes what has ended, checks it, and starts the next with the same handle. */
static void reap(void) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        if (message->data.result != CURLE_OK) fail("a request failed", curl_easy_strerror(message->data.result));
        CURL *easy = message->easy_handle;
        struct transfer *transfer;
        long status, opened;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
        if (status != 200 || transfer->size == 0) fail("an answer is not a 200 with a body", NULL);
        connections += opened;
        received += (long)transfer->size;
        done++;
        must(curl_multi_remove_handle(multi, easy));
        if (started < count) start(transfer);
    }
}

static void set_up(struct transfer *transfer, const char *url, const char *ca_file, struct curl_slist *headers) {
    CURL *easy = transfer->easy = curl_easy_init();
    transfer->form = malloc((size_t)body_size + 1);
    if (!easy || !transfer->form) fail("no memory", NULL);
    /* The product's form; another size lengthens or cuts it. */
    memset(transfer->form, 'x', (size_t)body_size);
    transfer->form[body_size] = 0;
    memcpy(transfer->form, "token=", 6);
    const char hint[] = "&token_type_hint=refresh_token";
    if (body_size == 6 + TOKEN + (int)strlen(hint)) memcpy(transfer->form + 6 + TOKEN, hint, strlen(hint));
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->form);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body_size);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, ca_file ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
    if (ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    }
}

int main(int argc, char **argv) {
    long handles = 16, most_connections = 0;
    const char *ca_file = NULL;
    if (argc < 3) fail("usage: bare-curl N URL [--handles C] [--body BYTES] [--connections H] [--ca-file FILE]", NULL);
    for (int at = 3; at + 1 < argc; at += 2) {
        if (strcmp(argv[at], "--handles") == 0) handles = atol(argv[at + 1]);
        else if (strcmp(argv[at], "--body") == 0) body_size = atoi(argv[at + 1]);
        else if (strcmp(argv[at], "--connections") == 0) most_connections = atol(argv[at + 1]);
        else if (strcmp(argv[at], "--ca-file") == 0) ca_file = argv[at + 1];
        else fail("unknown option", argv[at]);
    }
    count = atol(argv[1]);
    if (count < 1 || handles < 1 || body_size < 6 + TOKEN) fail("a number is too small", NULL);
    if (handles > count) handles = count;
    if (!most_connections) most_connections = ca_file ? 1 : handles;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(multi = curl_multi_init())) fail("no libcurl", NULL);
    must(curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX));
    must(curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, most_connections));
    must(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, most_connections));
    struct curl_slist *headers = NULL;
    const char *lines[] = {
        "Authorization: Basic Z3JhbnRrZWVwZXI6Z3JhbnRrZWVwZXItc2VjcmV0", "Accept: application/json",
        "Content-Type: application/x-www-form-urlencoded"};
    for (size_t at = 0; at < sizeof lines / sizeof *lines; at++) headers = curl_slist_append(headers, lines[at]);
    struct transfer *transfers = calloc((size_t)handles, sizeof *transfers);
    if (!transfers) fail("no memory", NULL);
    for (long at = 0; at < handles; at++) set_up(&transfers[at], argv[2], ca_file, headers);
    double begin = seconds();
    for (long at = 0; at < handles; at++) start(&transfers[at]);
    int running;
    while (done < count) {
        must(curl_multi_perform(multi, &running));
        reap();
        if (done < count) must(curl_multi_poll(multi, NULL, 0, 1000, NULL));
    }
    double took = seconds() - begin;
    printf("{\"count\":%ld,\"seconds\":%.6f,\"connections\":%ld,\"bytes\":%ld}\n", done, took, connections, received);
    for (long at = 0; at < handles; at++) {
        curl_easy_cleanup(transfers[at].easy);
        free(transfers[at].form);
    }
    curl_slist_free_all(headers);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    return 0;
}
