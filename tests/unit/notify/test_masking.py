"""A routing file that is shown holds no key, and the plain one is Alertmanager's own."""

from __future__ import annotations

import yaml

from services.notify.domain.configuration import read_configuration
from services.notify.masking import SECRET, masked_document, plain_document

FILE = """
global: {wechat_api_secret: s3cret, smtp_auth_password: "pa ss"}
route:
  receiver: a
  sunlit: {hold: true}
receivers:
  - name: a
    wechat_configs: [{corp_id: c, api_secret: 's3cret', agent_id: 1}]
    sunlit:
      wecom_configs: [{url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cret"}]
      dingtalk_configs: [{url: "https://oapi.dingtalk.com/robot/send?access_token=s3cret", secret: s3cret}]
      feishu_configs: [{url: "https://open.feishu.cn/open-apis/bot/v2/hook/s3cret"}]
      sms_configs: [{url: "https://sms.invalid/send", to: "{duty:d}", template_code: T, token: s3cret}]
      apprise_configs: [{url: "ntfy://s3cret@host/topic"}]
sunlit:
  rosters: [{post: d, start_on: 2026-03-02, people: [{name: 甲, mobile: "13800000001"}]}]
time_intervals: [{name: n, time_intervals: [{workdays: true}]}]
"""


def test_no_key_is_left_in_what_is_shown() -> None:
    """Keys, tokens, passwords and numbers are blotted out; the file can still be read."""
    shown = masked_document(FILE)
    assert "s3cret" not in shown
    assert "pa ss" not in shown
    assert "13800000001" not in shown
    assert shown.count(SECRET) == 10
    assert yaml.safe_load(shown)["receivers"][0]["name"] == "a"


def test_the_plain_file_is_alertmanagers() -> None:
    """What we say beyond it is left out, and what is left is a configuration."""
    plain = yaml.safe_load(plain_document(FILE))
    assert "sunlit" not in str(plain)
    assert "workdays" not in str(plain)
    assert read_configuration(plain).root.receiver == "a"
