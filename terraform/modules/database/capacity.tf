locals {
  # Connections that Aurora derives from the maximum capacity: 189 at 1 ACU, 823 at 4, 1669 at 8, 3360 at 16, and 5000 from
  # 32 on; a line through these points. At a minimum of 0 or 0.5 ACU it accepts 2000 at most.
  # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html#aurora-serverless-v2.max-connections
  _connections_ceiling = var.capacity.min_acu <= 0.5 ? 2000 : 5000
  _max_connections     = min(floor(211.4 * var.capacity.max_acu - 22.1), local._connections_ceiling)

  _bytes_per_acu = 2 * 1024 * 1024 * 1024
}
