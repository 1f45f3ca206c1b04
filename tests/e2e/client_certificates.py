"""Makes certificates of clients, and of those who sign them, with the openssl program."""

import hashlib
import ssl
from datetime import datetime, timedelta, timezone

from clients import openssl
from wire import client_context

CONFIGURATION = """
[ca]
default_ca = maker
[maker]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[reader]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[authority]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Certificate:
    """A certificate and its key as files, and what fingerprints they have."""

    def __init__(self, crt, key, chain):
        self.crt, self.key, self.chain = crt, key, chain
        der = ssl.PEM_cert_to_DER_cert(crt.read_text())
        self.print = hashlib.sha256(der).hexdigest()
        public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
        self.key_print = hashlib.sha256(public).hexdigest()

    def context(self, version=None, **options):
        """A client's context that shows it, with what stands between it and its authority."""
        context = client_context(version, **options)
        context.load_cert_chain(self.chain, self.key)
        return context


class Maker:
    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.count = 0
        (folder / "index").write_text("")
        self.conf = folder / "openssl.cnf"
        self.conf.write_text(CONFIGURATION.format(folder=folder))

    def __call__(self, name="reader", *, key=None, signer=None, start=-86400.0, end=86400.0,
                 authority=False, kind=("EC", "ec_paramgen_curve:P-256")):
        """A certificate that is good from `start` to `end`, in seconds from now.

        key      a Certificate whose key it gets; else it gets a new one, of this kind
        signer   the Certificate of an authority; else it signs itself
        """
        self.count += 1
        stem = self.folder / str(self.count)
        crt, request, chain = (stem.with_suffix(f".{s}") for s in ("crt", "csr", "chain"))
        path = key.key if key else stem.with_suffix(".key")
        if key is None:
            options = ("-pkeyopt", kind[1]) if kind[1] else ()
            openssl("genpkey", "-algorithm", kind[0], *options, "-out", path)
        openssl("req", "-new", "-key", path, "-subj", f"/CN={name}", "-out", request)
        by = ("-cert", signer.crt, "-keyfile", signer.key) if signer else \
             ("-selfsign", "-keyfile", path)
        openssl("ca", "-config", self.conf, "-batch", "-notext", "-in", request, "-out", crt,
                "-startdate", stamp(start), "-enddate", stamp(end),
                "-extensions", "authority" if authority else "reader", *by)
        above = signer.chain.read_text() if signer else ""
        chain.write_text(crt.read_text() + above)
        return Certificate(crt, path, chain)


def stamp(seconds):
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return moment.strftime("%Y%m%d%H%M%SZ")
