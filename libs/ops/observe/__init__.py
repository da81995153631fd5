"""Alert rules and dashboards as code; `python -m libs.ops.observe` writes what Prometheus and Grafana read."""
