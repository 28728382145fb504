"""One stage for all tests in this folder: they run in the order of the Makefile, and the last deletes it."""

from collections.abc import Iterator

import pytest

from gatehouse_dev import deploying
from tests.deployed.gateway import DeployedApi, DeployedMailbox, DeployedPeople
from tests.deployed.stage import FOLDER, PARAMETERS, ROOT, STAGE, LocalStage, local_stage
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider

LIMITS = "SignIn", "Callback", "Mail", "MailAddress", "MailAddressDaily", "TaskReads"
POLICIES = ROOT / "docs/deploy-policy"  # as docs/deploy.md attaches them
REVIEWED = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://app.example.com"}
ANSWERS = ["no-reply@example.com", "", "", "operators@example.com", "3"]


@pytest.fixture(scope="session")
def google() -> Iterator[Provider]:
    """An OpenID Connect provider."""
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def stage(google: Provider) -> Iterator[LocalStage]:
    """The stage, deployed as `make deploy` deploys another: it answers its questions, and runs its commands."""
    with local_stage() as stage:
        answers = iter(ANSWERS)
        assert deploying.prepare(STAGE, lambda _: next(answers), FOLDER / "samconfig.toml") == 0
        stage.aws("secretsmanager").create_secret(Name="google", SecretString=CLIENT_SECRET)
        stage.aws("sesv2").put_account_details(ProductionAccessEnabled=False, **REVIEWED)  # as a new account is
        documents = {path.stem: path.read_text(encoding="utf-8") for path in POLICIES.glob("*.json")}
        stage.deployer = stage.create_user("deployer", documents)
        stage.parameters = deploying.load_parameters(FOLDER / "samconfig.toml", STAGE)
        stage.deploy(
            **PARAMETERS,
            **{f"RateLimit{name}": "1000/60" for name in LIMITS},
            RateLimitFailedSignIns="3/900",
            DeleteUserByMail="true",
            SendVerificationOnSignIn="true",
            SessionUpdateAge="0",
            TrustedOrigins="myapp://",
            GoogleClientId=CLIENT_ID,
            GoogleClientSecretName="google",
            GoogleAuthorizeUrl=f"{google.url}/authorize",
            GoogleTokenUrl=f"{google.url}/token",
            GoogleJwksUrl=f"{google.url}/jwks",
            GoogleIssuer=google.url,
        )
        yield stage


@pytest.fixture(scope="session")
def call(stage: LocalStage) -> DeployedApi:
    """Call a route."""
    return DeployedApi(stage)


@pytest.fixture(scope="session")
def mailbox(stage: LocalStage) -> DeployedMailbox:
    """The mails that were sent."""
    return DeployedMailbox(stage)


@pytest.fixture(scope="session")
def people(call: DeployedApi, mailbox: DeployedMailbox) -> DeployedPeople:
    """Creates users."""
    return DeployedPeople(call, mailbox)


@pytest.fixture(autouse=True)
def _nothing_is_refused(request: pytest.FixtureRequest, stage: LocalStage) -> Iterator[None]:
    """No function tries what its role does not allow, not even where it goes on without."""
    before = len(stage.permissions())
    yield
    if "refused" not in request.fixturenames:
        assert [one for one in stage.permissions()[before:] if one["denied"]] == []
