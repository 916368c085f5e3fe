"""Groups whose members rebalance themselves: JoinGroup, SyncGroup, Heartbeat and LeaveGroup."""
