# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import hashlib
import threading
import time

import numpy as np
import pytest

from deepracer_ros.errors import InputError
from deepracer_ros.models.bucket import ConditionFailedError, FencedError, StoreError
from deepracer_ros.models.config import ModelsConfig
from deepracer_ros.models.pointer import Pointer
from deepracer_ros.models.policy_file import ModelError, encode_manifest
from deepracer_ros.models.store import ModelStore
from deepracer_ros.services.s3_server import LocalS3
from deepracer_ros.services.server import Ports


def put(store, version, name, body):
    key = f"models/{store.run}/{version:08d}/{name}"
    store._bucket._client.put_object(Bucket="deepracer", Key=key, Body=body)


def get(store, version, name):
    key = f"models/{store.run}/{version:08d}/{name}"
    return store._bucket._client.get_object(Bucket="deepracer", Key=key)["Body"].read()


def test_versions_are_numbered_and_the_pointers_follow(store, tensors, manifest):
    assert store.pointer("last") is None
    assert store.versions() == []
    first = store.publish(tensors, manifest)
    second = store.publish(tensors, manifest, best=True)
    assert (first.version, second.version) == (1, 2)
    third = store.publish(tensors, manifest)
    assert store.pointer("last").version == 3
    assert store.pointer("best").version == 2
    assert store.pointer("last").sha256 == third.sha256
    assert store.versions() == [1, 2, 3]
    assert store.manifest(2) == second
    store.mark_best(3)
    assert store.pointer("best").version == 3


def test_a_model_is_loaded_by_number_name_and_pointer(store, tensors, manifest):
    store.publish(tensors, manifest, best=True)
    store.publish({**tensors, "head.bias": np.zeros(5, np.float32)}, manifest)
    assert store.load().manifest.version == 2
    assert store.load("best").manifest.version == 1
    np.testing.assert_array_equal(store.load(1).tensors["head.bias"], tensors["head.bias"])
    pointer = store.pointer()
    assert not store.load(pointer).tensors["head.bias"].any()


def test_a_pointer_that_has_not_moved_is_not_fetched_again(store, tensors, manifest):
    store.publish(tensors, manifest)
    known = store.pointer()
    assert store.pointer("last", known) is known
    store.publish(tensors, manifest)
    assert store.pointer("last", known).version == 2


def test_a_resumed_run_goes_on_counting(store, open_store, tensors, manifest):
    store.publish(tensors, manifest)
    store.publish(tensors, manifest)
    assert open_store().publish(tensors, manifest).version == 3
    assert store.publish(tensors, manifest).version == 4
    assert store.pointer().version == 4


def test_versions_are_immutable(store, tensors, manifest):
    store.publish(tensors, manifest)
    for name in ("policy.safetensors", "manifest.json"):
        with pytest.raises(ConditionFailedError, match="written by another process"):
            store._bucket.put(store._key(1, name), b"other")
    assert store.load(1).manifest.version == 1


def together(count, action):
    """Run `action(i)` in that many threads at once; return the results."""
    barrier, results = threading.Barrier(count), [None] * count

    def work(i):
        barrier.wait()
        results[i] = action(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("attempt", range(2))
@pytest.mark.parametrize("state", ["absent", "as read"])
def test_one_of_eight_conditional_writers_wins(store, open_store, state, attempt):
    """The server gives a loser its answer after whole seconds: it asks for the object's lock only once a second."""
    stores, key = [open_store() for _ in range(8)], f"models/{store.run}/key"
    replaces = "" if state == "absent" else store._bucket.put(key, b"before")

    def put(i):
        try:
            return stores[i]._bucket.put(key, b"%d" % i, replaces)
        except ConditionFailedError:
            return ""

    (etag,) = filter(None, together(8, put))
    assert store._bucket.get(key)[1] == etag


def test_eight_publishers_get_eight_versions(store, open_store, tensors, manifest):
    stores = [open_store(keep=100) for _ in range(8)]
    published = together(8, lambda i: stores[i].publish(tensors, manifest).version)
    assert sorted(published) == list(range(1, 9))
    assert store.versions() == list(range(1, 9))
    assert store.pointer().version == 8
    assert store.load().manifest.version == 8


def test_old_versions_are_deleted_but_not_those_that_a_pointer_names(open_store, tensors, manifest):
    store = open_store(keep=3)
    for version in range(1, 13):
        store.publish(tensors, manifest, best=version == 2)
    assert store.versions() == [2, 10, 11, 12]
    assert store.load("best").manifest.version == 2
    store.rollback(2)
    assert open_store(keep=3).publish(tensors, manifest).version == 13


def test_rollback_points_last_at_another_version_until_the_next_is_published(store, tensors, manifest):
    for _ in range(3):
        store.publish(tensors, manifest)
    assert store.rollback(1).version == 3
    assert store.pointer().version == 1
    assert store.publish(tensors, manifest).version == 4
    assert store.pointer().version == 4
    with pytest.raises(StoreError, match="00000009/manifest.json not found"):
        store.rollback(9)


def test_a_damaged_version_is_not_rolled_back_to(store, tensors, manifest):
    store.publish(tensors, manifest)
    store.publish(tensors, manifest)
    put(store, 1, "policy.safetensors", get(store, 1, "policy.safetensors")[:-1])
    with pytest.raises(ModelError):
        store.rollback(1)
    assert store.pointer().version == 2


def test_damaged_models_are_refused(store, tensors, manifest):
    published = store.publish(tensors, manifest)
    policy = get(store, 1, "policy.safetensors")
    for damaged in (policy[:-1], policy[:-1] + bytes([policy[-1] ^ 1]), b""):
        put(store, 1, "policy.safetensors", damaged)
        with pytest.raises(ModelError, match="policy.safetensors"):
            store.load()
    put(store, 1, "policy.safetensors", policy)
    other = dataclasses.replace(published, shapes={**published.shapes, "head.bias": [6]})
    put(store, 1, "manifest.json", encode_manifest(other))
    with pytest.raises(ModelError, match=r"'head.bias': found shape \[5\], expected \[6\]"):
        store.load()
    put(store, 1, "manifest.json", encode_manifest(dataclasses.replace(published, version=2)))
    with pytest.raises(ModelError, match="found version 2, expected 1"):
        store.load()
    put(store, 1, "manifest.json", b"{}")
    with pytest.raises(ModelError, match="key 'run' is missing"):
        store.load()


def test_a_model_that_was_signed_anew_is_not_what_the_pointer_means(store, tensors, manifest):
    published = store.publish(tensors, manifest)
    pointer = store.pointer()
    forged = get(store, 1, "policy.safetensors")[:-4] + b"\0\0\0\0"
    put(store, 1, "policy.safetensors", forged)
    forged_manifest = dataclasses.replace(published, sha256=hashlib.sha256(forged).hexdigest())
    put(store, 1, "manifest.json", encode_manifest(forged_manifest))
    with pytest.raises(ModelError, match="by the pointer"):
        store.load(pointer)


EVALUATION = {"laps_completed": 2, "laps_attempted": 3, "mean_lap_seconds": None}


def test_an_evaluation_is_stored_beside_its_version_which_stays_as_it_was(store, tensors, manifest):
    published = store.publish(tensors, manifest)
    store.publish(tensors, manifest)
    assert store.manifest(1).evaluation is None
    body = get(store, 1, "manifest.json")
    store.add_evaluation(1, EVALUATION)
    store.add_evaluation(1, {"laps_completed": 3})  # it was evaluated before: the first stays
    assert store.manifest(1) == dataclasses.replace(published, evaluation=EVALUATION)
    assert store.manifest(2).evaluation is None
    assert get(store, 1, "manifest.json") == body
    assert store.load(1).manifest == published
    assert store.versions() == [1, 2]


def test_an_evaluation_is_pruned_with_its_version_and_one_alone_is_no_version(open_store, tensors, manifest):
    store = open_store(keep=2)
    for version in (1, 2, 3):
        store.publish(tensors, manifest)
        store.add_evaluation(version, EVALUATION)
    store.publish(tensors, manifest)
    assert store.versions() == [3, 4]
    assert store._keys() == {
        3: {"policy.safetensors", "manifest.json", "evaluation.json"}, 4: {"policy.safetensors", "manifest.json"}
    }  # fmt: skip
    store.add_evaluation(1, EVALUATION)
    assert store.versions() == [3, 4]
    with pytest.raises(StoreError, match="00000001/manifest.json not found"):
        store.manifest(1)


@pytest.mark.parametrize("body", [b"", b"[]"])
def test_a_damaged_evaluation_is_refused_but_drives(store, tensors, manifest, body):
    store.publish(tensors, manifest)
    put(store, 1, "evaluation.json", body)
    with pytest.raises(ModelError, match="evaluation.json"):
        store.manifest(1)
    assert store.load().manifest.version == 1


@pytest.mark.parametrize("body", [b"", b"{", b'{"version": "1", "sha256": ""}', b"[]"])
def test_a_damaged_pointer_is_refused_until_the_next_publication(store, open_store, body, tensors, manifest):
    store.publish(tensors, manifest)
    store._bucket._client.put_object(Bucket="deepracer", Key=f"models/{store.run}/last.json", Body=body)
    with pytest.raises(ModelError, match="last.json"):
        store.pointer()
    restarted = open_store()  # a trainer whose S3 server was killed while it wrote the pointer
    assert restarted.publish(tensors, manifest).version == 2
    assert store.pointer().version == 2


def test_a_model_that_is_not_finite_is_not_published(store, tensors, manifest):
    store.publish(tensors, manifest)
    tensors["head.bias"][0] = np.nan
    with pytest.raises(ModelError, match="NaN"):
        store.publish(tensors, manifest)
    assert store.versions() == [1]


def test_wrong_credentials_are_refused_in_one_line(open_store, s3):
    for credentials in ((s3.access_key, "wrong"), ("WRONG", s3.secret_key)):
        with pytest.raises(StoreError, match="refused.*expected credentials") as caught:
            open_store(credentials)
        assert "\n" not in str(caught.value)
        assert s3.secret_key not in str(caught.value)


def test_a_reader_may_load_but_not_publish(store, open_store, tensors, manifest):
    store.publish(tensors, manifest)
    reader = open_store(("READER", "READER-secret"))
    assert reader.load().manifest.version == 1
    with pytest.raises(StoreError, match=r"refused \(AccessDenied\)"):
        reader.publish(tensors, manifest)
    assert store.versions() == [1]


def test_nothing_published_and_versions_that_are_not_there(store):
    with pytest.raises(StoreError, match="last.json not found, expected a published model"):
        store.load()
    with pytest.raises(StoreError, match="00000003/manifest.json not found"):
        store.load(3)


def test_an_unreachable_server_is_an_error_soon():
    start = time.monotonic()
    with pytest.raises(StoreError, match="unreachable"):
        ModelStore(ModelsConfig(endpoint=f"http://127.0.0.1:{Ports(1).numbers[0]}"), "run", ("key", "secret"))
    assert time.monotonic() - start < 8.0


def test_a_bucket_is_made_where_it_is_absent(open_store, tensors, manifest):
    store = open_store(bucket="another-bucket")
    store.publish(tensors, manifest)
    assert open_store(bucket="another-bucket").versions() == [1]


@pytest.mark.parametrize("body", [b"", b'{"version": 1'])
def test_a_pointer_that_was_torn_is_written_anew(store, tensors, manifest, body):
    store.publish(tensors, manifest, best=True)
    for name in ("last", "best"):
        store._bucket._client.put_object(Bucket="deepracer", Key=f"models/{store.run}/{name}.json", Body=body)
    published = store.publish(tensors, manifest)
    assert store.pointer("last") == Pointer(published.version, published.sha256)
    store._prune()
    store.mark_best(published.version)
    assert store.load("best").manifest == published


def test_a_killed_server_keeps_what_was_published(tmp_path, tensors, manifest):
    with LocalS3(tmp_path) as server:
        store = ModelStore(ModelsConfig(endpoint=server.endpoint), "run", (server.access_key, server.secret_key))
        store.publish(tensors, manifest, best=True)
        store.publish(tensors, manifest)
        server.kill()
        with pytest.raises(StoreError, match="unreachable"):
            store.publish(tensors, manifest)
        server.restart()
        assert store.versions() == [1, 2]
        assert store.load("best").manifest.version == 1
        assert store.publish(tensors, manifest).version >= 3
        assert store.pointer().version == store.versions()[-1]


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a b"])
def test_run_names_are_plain(name):
    with pytest.raises(InputError, match="run name"):
        ModelStore(ModelsConfig(), name)


@pytest.mark.parametrize("changes", [{"endpoint": "localhost:80"}, {"bucket": "B"}, {"keep": 0}])
def test_configurations_are_checked(changes):
    with pytest.raises(ValueError, match="expected"):
        ModelsConfig(**changes)


def test_pointers_compare_by_what_they_say():
    assert Pointer(1, "a", "x") == Pointer(1, "a", "x")


def test_a_trainer_that_was_replaced_moves_no_pointer(open_store, tensors, manifest):
    first, second = open_store(), open_store()
    first.take_over(1)
    first.publish(tensors, manifest, best=True)
    second.take_over(2)
    assert second.pointer("last") == Pointer(1, second.manifest(1).sha256)
    pointers = [second.pointer(name) for name in ("last", "best")]
    assert [pointer.epoch for pointer in pointers] == [2, 2]
    with pytest.raises(FencedError, match=r"last.json: another trainer has taken over, expected one trainer"):
        first.publish(tensors, manifest)
    with pytest.raises(FencedError, match="best.json"):
        first.mark_best(2)
    assert [second.pointer(name).etag for name in ("last", "best")] == [pointer.etag for pointer in pointers]
    assert second.publish(tensors, manifest).version == 3
    with pytest.raises(FencedError):
        first.take_over(1)


def test_a_rollback_by_hand_does_not_help_a_trainer_that_was_replaced(open_store, tensors, manifest):
    first, second, hand = open_store(), open_store(), open_store()
    first.take_over(1)
    for _ in range(2):
        first.publish(tensors, manifest)
    second.take_over(2)
    hand.rollback(1)
    with pytest.raises(FencedError):
        first.publish(tensors, manifest)
    assert second.pointer("last").version == 1
