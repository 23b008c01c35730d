#!/usr/bin/env python3
"""Makes an image of one layer from a directory, without a registry or a daemon.

usage: oci-image.py OUT.tar REFERENCE DIRECTORY [CONFIG]

OUT.tar is an OCI layout and a docker-archive at once, so containerd, docker and podman all load it. CONFIG is the
image's configuration as JSON: {"Entrypoint": ["/pause"]}. The same directory gives the same bytes.
"""

import hashlib
import io
import json
import os
import sys
import tarfile


def layer_of(root):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory, subdirectories, files in os.walk(root):
            subdirectories.sort()
            for name in sorted(subdirectories + files):
                path = os.path.join(directory, name)
                entry = tar.gettarinfo(path, os.path.relpath(path, root))
                entry.mtime = entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                if entry.isreg():
                    with open(path, "rb") as content:
                        tar.addfile(entry, content)
                else:
                    tar.addfile(entry)
    return buffer.getvalue()


def digest(content):
    return hashlib.sha256(content).hexdigest()


def described(media_type, content, **more):
    return {"mediaType": media_type, "digest": "sha256:" + digest(content), "size": len(content), **more}


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    out, reference, root = sys.argv[1:4]
    settings = json.loads(sys.argv[4]) if len(sys.argv) == 5 else {}
    oci = "application/vnd.oci.image."
    layer = layer_of(root)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(layer)]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": oci + "manifest.v1+json",
            "config": described(oci + "config.v1+json", config),
            "layers": [described(oci + "layer.v1.tar", layer)],
        }
    ).encode()
    names = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": reference}
    index = {"schemaVersion": 2, "manifests": [described(oci + "manifest.v1+json", manifest, annotations=names)]}
    docker = [
        {"Config": "blobs/sha256/" + digest(config), "RepoTags": [reference], "Layers": ["blobs/sha256/" + digest(layer)]}
    ]
    files = {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": json.dumps(index).encode(),
        "manifest.json": json.dumps(docker).encode(),
    }
    files.update({"blobs/sha256/" + digest(blob): blob for blob in (layer, config, manifest)})
    with tarfile.open(out, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main()
