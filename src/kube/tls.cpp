// The one file of this folder that knows OpenSSL.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "kube/stream.h"

namespace duress::kube {

namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using SslPtr = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

// The newest of OpenSSL's queue, which is emptied: what is left in it would be taken for the next
// call's.
std::string last_words() {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

BioPtr memory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL, and a library must not count on SIGPIPE
// being ignored.
int write_socket(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const auto done = ::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (done < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(done);
}

int read_socket(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const auto done = ::recv(fd, data, static_cast<std::size_t>(size), 0);
  if (done < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(done);
}

long control_socket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create_socket(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO* socket_bio(int fd) {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "duress socket");
    BIO_meth_set_write(method, write_socket);
    BIO_meth_set_read(method, read_socket);
    BIO_meth_set_ctrl(method, control_socket);
    BIO_meth_set_create(method, create_socket);
    return method;
  }();
  BIO* bio = BIO_new(kMethod);
  if (bio != nullptr) BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  return bio;
}

std::string distrust(long result, const std::string& host) {
  const std::string word = X509_verify_cert_error_string(result);
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate has expired; renew it, or set this machine's clock right";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid yet; set this machine's clock right";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is not for " + quoted(host) +
             "; use the address that it is for, or name one as tls-server-name";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the server's certificate is not signed by the configured certificate-authority (" +
             word + "): it is another cluster's, or somebody is in between; nothing was sent";
    default:
      return "the server's certificate is not accepted: " + word;
  }
}

class TlsStream final : public Stream {
 public:
  TlsStream(os::Fd socket, SslPtr ssl, std::string host)
      : socket_(std::move(socket)), ssl_(std::move(ssl)), host_(std::move(host)) {}

  Answer<Wants> shake_hands() override {
    ERR_clear_error();
    const int done = SSL_connect(ssl_.get());
    if (done == 1) return Wants::kNothing;
    if (const Wants wants = wanted(done); wants != Wants::kNothing) return wants;
    if (const long result = SSL_get_verify_result(ssl_.get()); result != X509_V_OK) {
      ERR_clear_error();
      return refuse(Reason::kDistrust, distrust(result, host_));
    }
    return broken("TLS failed", done);
  }

  Answer<Moved> read(char* to, std::size_t most) override {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int done = SSL_read_ex(ssl_.get(), to, most, &bytes);
    if (done == 1) return Moved{Wants::kNothing, bytes};
    if (const Wants wants = wanted(done); wants != Wants::kNothing) return Moved{wants, 0};
    if (SSL_get_error(ssl_.get(), done) == SSL_ERROR_ZERO_RETURN) return Moved{};
    return broken("the connection broke", done);
  }

  Answer<Moved> write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t written = 0;
    const int done = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    if (done == 1) return Moved{Wants::kNothing, written};
    if (const Wants wants = wanted(done); wants != Wants::kNothing) return Moved{wants, 0};
    return broken("the connection broke", done);
  }

  [[nodiscard]] int fd() const override { return socket_.get(); }

 private:
  Wants wanted(int done) const {
    switch (SSL_get_error(ssl_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        return Wants::kRead;
      case SSL_ERROR_WANT_WRITE:
        return Wants::kWrite;
      default:
        return Wants::kNothing;
    }
  }

  std::unexpected<ApiError> broken(std::string_view what, int done) {
    const int number = errno;
    const bool by_system =
        SSL_get_error(ssl_.get(), done) == SSL_ERROR_SYSCALL && ERR_peek_last_error() == 0;
    const std::string why = by_system && number != 0 ? std::strerror(number) : last_words();
    return refuse(Reason::kNoContact, std::string(what) + ": " + why);
  }

  os::Fd socket_;
  SslPtr ssl_;
  std::string host_;
};

Failure no_pem(std::string_view what) {
  return fail(Code::kUsage, std::string(what) + " is not what it should be (PEM): " + last_words());
}

Result<> trust(SSL_CTX* context, const std::string& authorities) {
  if (authorities.empty()) {
    // Where distributions keep them; OpenSSL itself knows only the place of the one that built it.
    constexpr const char* bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                       "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    SSL_CTX_set_default_verify_paths(context);
    for (const char* bundle : bundles) SSL_CTX_load_verify_file(context, bundle);
    ERR_clear_error();
    return {};
  }
  const BioPtr bio = memory(authorities);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (const X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
    count += X509_STORE_add_cert(store, certificate.get());
  if (count == 0) return no_pem("certificate-authority");
  ERR_clear_error();  // the end of the text is one
  return {};
}

Result<> present(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.certificate.empty()) return {};
  const BioPtr bio = memory(settings.certificate);
  const X509Ptr first{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
  if (first == nullptr || SSL_CTX_use_certificate(context, first.get()) != 1)
    return no_pem("client-certificate");
  while (const X509Ptr more{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
    SSL_CTX_add1_chain_cert(context, more.get());
  const KeyPtr key{PEM_read_bio_PrivateKey(
      memory(settings.key).get(), nullptr,
      // A key with a password would be asked for on the terminal.
      [](char*, int, int, void*) { return 0; }, nullptr)};
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return no_pem("client-key");
  ERR_clear_error();
  return {};
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> TlsContext::make(const TlsSettings& settings, std::string host) {
  // openssl.cnf of the machine may name engines and providers that a static program cannot load.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  std::unique_ptr<ssl_ctx_st, Free> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return fail(Code::kInternal, "OpenSSL: " + last_words());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Buffers of 34 KiB a connection are given back while it is silent, which a watch is mostly.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_verify(context.get(), settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (settings.verify)
    if (auto done = trust(context.get(), settings.authorities); !done)
      return std::unexpected(done.error());
  if (auto done = present(context.get(), settings); !done) return std::unexpected(done.error());
  if (!settings.server_name.empty()) host = settings.server_name;
  return TlsContext(std::move(context), std::move(host), settings.verify);
}

Answer<std::unique_ptr<Stream>> TlsContext::stream(os::Fd socket) const {
  SslPtr ssl(SSL_new(context_.get()));
  BIO* bio = socket_bio(socket.get());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    return refuse(Reason::kOther, "OpenSSL: " + last_words());
  }
  SSL_set_bio(ssl.get(), bio, bio);
  const bool is_address =
      host_.contains(':') || host_.find_first_not_of("0123456789.") == std::string::npos;
  const int named = is_address
                        ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host_.c_str())
                        : SSL_set1_host(ssl.get(), host_.c_str());
  if (verify_ && named != 1) return refuse(Reason::kDistrust, quoted(host_) + " is no host");
  // SSL_set_tlsext_host_name is a macro with C's casts in it.
  std::string name = host_;
  if (!is_address)
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  return std::make_unique<TlsStream>(std::move(socket), std::move(ssl), host_);
}

}  // namespace duress::kube
