#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define FUNCTIONS(USE)                                                                                                \
    USE(global_init) USE(version_info)                                                                                \
    USE(easy_init) USE(easy_cleanup) USE(easy_setopt) USE(easy_getinfo)                                               \
    USE(multi_init) USE(multi_cleanup) USE(multi_setopt) USE(multi_add_handle) USE(multi_remove_handle)               \
    USE(multi_perform) USE(multi_poll) USE(multi_wakeup) USE(multi_info_read)                                         \
    USE(slist_append) USE(slist_free_all)

#define MEMBER(name) __typeof__(curl_##name) *name;
static struct { FUNCTIONS(MEMBER) } curl;

// The linker's own words are gone with its next call.
static char words[512];
static const char *problem;

static void note(void) {
    const char *said = dlerror();
    snprintf(words, sizeof words, "%s", said ? said : "unknown");
    problem = words;
}

static void load(void) {
    // The interface's number: every libcurl since 2006.
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        note();
        return;
    }
#define FIND(name) \
    if (!(curl.name = (__typeof__(curl.name))dlsym(library, "curl_" #name))) note();
    FUNCTIONS(FIND)
}

const char *ccurl_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem;
}

CURLcode ccurl_global_init(long flags) { return curl.global_init(flags); }
curl_version_info_data *ccurl_version_info(CURLversion age) { return curl.version_info(age); }

CURL *ccurl_easy_init(void) { return curl.easy_init(); }
void ccurl_easy_cleanup(CURL *handle) { curl.easy_cleanup(handle); }

CURLcode ccurl_easy_set_long(CURL *handle, CURLoption option, long value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_set_list(CURL *handle, CURLoption option, const struct curl_slist *value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_set_receiver(CURL *handle, CURLoption option, ccurl_receiver value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_set_socket_callback(CURL *handle, CURLoption option, ccurl_socket_callback value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode ccurl_easy_get_long(CURL *handle, CURLINFO info, long *value) { return curl.easy_getinfo(handle, info, value); }
CURLcode ccurl_easy_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl.easy_getinfo(handle, info, value);
}

CURLM *ccurl_multi_init(void) { return curl.multi_init(); }
CURLMcode ccurl_multi_cleanup(CURLM *handle) { return curl.multi_cleanup(handle); }
CURLMcode ccurl_multi_set_long(CURLM *handle, CURLMoption option, long value) {
    return curl.multi_setopt(handle, option, value);
}
CURLMcode ccurl_multi_add_handle(CURLM *handle, CURL *easy) { return curl.multi_add_handle(handle, easy); }
CURLMcode ccurl_multi_remove_handle(CURLM *handle, CURL *easy) { return curl.multi_remove_handle(handle, easy); }
CURLMcode ccurl_multi_perform(CURLM *handle, int *running) { return curl.multi_perform(handle, running); }
CURLMcode ccurl_multi_poll(CURLM *handle, struct curl_waitfd *more, unsigned int count, int milliseconds, int *ready) {
    return curl.multi_poll(handle, more, count, milliseconds, ready);
}
CURLMcode ccurl_multi_wakeup(CURLM *handle) { return curl.multi_wakeup(handle); }
CURLMsg *ccurl_multi_info_read(CURLM *handle, int *left) { return curl.multi_info_read(handle, left); }

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *line) {
    return curl.slist_append(list, line);
}
void ccurl_slist_free_all(struct curl_slist *list) { curl.slist_free_all(list); }
