// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// Debian's libwebsockets looks for authorities in a folder that does not exist, so its clients are given a context that
// trusts what the system trusts, and a file of further authorities. NULL: the file could not be read.
static inline SSL_CTX *apus_tls_create(const char *authorities) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // Where the other side is gone, libwebsockets 4.1 tries to send the farewell of TLS for seconds, without a pause.
    // Nothing depends on it: WebSocket messages and HTTP answers have ends of their own.
    SSL_CTX_set_quiet_shutdown(context, 1);
    SSL_CTX_set_default_verify_paths(context);
    if (authorities && SSL_CTX_load_verify_locations(context, authorities, NULL) != 1) {
        ERR_clear_error();
        SSL_CTX_free(context);
        return NULL;
    }
    ERR_clear_error();
    return context;
}

static inline void apus_tls_free(SSL_CTX *context) { SSL_CTX_free(context); }

// Adopting takes a union by value, which is a function's argument here for Swift's sake.
static inline struct lws *apus_adopt_file(struct lws_vhost *host, int descriptor, const char *protocol) {
    lws_sock_file_fd_type file;
    file.filefd = descriptor;
    return lws_adopt_descriptor_vhost(host, LWS_ADOPT_RAW_FILE_DESC, file, protocol, NULL);
}

// Why the other side's certificate was not accepted; NULL: it was, or there was none.
static inline const char *apus_tls_problem(struct lws *connection) {
    SSL *tls = lws_get_ssl(connection);
    if (!tls) return NULL;
    long result = SSL_get_verify_result(tls);
    return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}

// A connection that was accepted elsewhere: HTTP, over TLS where the host has a certificate.
static inline struct lws *apus_adopt_client(struct lws_vhost *host, int descriptor) {
    lws_sock_file_fd_type file;
    file.sockfd = descriptor;
    struct lws *connection = lws_adopt_descriptor_vhost(
        host, LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL, file, NULL, NULL);
    // As for clients, above.
    SSL *tls = connection ? lws_get_ssl(connection) : NULL;
    if (tls) SSL_set_quiet_shutdown(tls, 1);
    return connection;
}

// libwebsockets would write its messages to standard error; failures come back as errors instead.
static inline void apus_silence_websockets(void) { lws_set_log_level(0, NULL); }

// Room that libwebsockets wants before a payload: a macro of another macro, which Swift does not see.
enum { apus_room_before_payload = LWS_PRE };
