from kafkapy.config import documentation
from kafkapy.config.registry import AUTHORIZER, BROKER, CLIENT_METRICS, GROUP, TOPIC


def test_every_key_is_documented_in_a_sentence():
    texts = [documentation.of_broker(name) for name in (*BROKER, *AUTHORIZER)]
    texts += [documentation.of_topic(name) for name in TOPIC]
    texts += [documentation.of_group(name) for name in GROUP]
    texts += [documentation.of_client_metrics(name) for name in CLIENT_METRICS]
    for text in texts:
        assert text is not None
        assert text[-1] == "."


def test_only_keys_that_do_nothing_are_documented_as_such():
    inert = documentation.of_broker("num.io.threads")
    for name, key in TOPIC.items():
        assert (documentation.of_topic(name) == inert) == (not key.acts)


def test_a_key_that_does_not_exist_has_no_documentation():
    for describe in (
        documentation.of_broker,
        documentation.of_topic,
        documentation.of_group,
        documentation.of_client_metrics,
    ):
        assert describe("no.such.key") is None
