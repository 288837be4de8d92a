// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

// Swift cannot call variadic functions: one wrapper for each type of argument.
static inline CURLcode apus_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode apus_easy_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode apus_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode apus_easy_set_data(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode apus_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode apus_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode apus_easy_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode apus_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode apus_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode apus_multi_set_socket(CURLM *multi, curl_socket_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}
static inline CURLMcode apus_multi_set_timer(CURLM *multi, curl_multi_timer_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}

// A message in a union whose member Swift imports under another name on each version.
static inline CURLcode apus_message_result(const CURLMsg *message) { return message->data.result; }

// Adds a file of authorities to those that the system trusts, where CURLOPT_CAINFO would replace them.
static inline CURLcode apus_trust(CURL *easy, void *tls, void *authorities) {
    (void)easy;
    if (SSL_CTX_load_verify_locations((SSL_CTX *)tls, (const char *)authorities, NULL) == 1) return CURLE_OK;
    ERR_clear_error();
    return CURLE_SSL_CACERT_BADFILE;
}
static inline CURLcode apus_easy_trust(CURL *easy, const char *authorities) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, apus_trust);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, (void *)authorities);
}
