package play

import "slices"

func adminTopics(r Run) Seen {
	admin := r.create(3, map[string]string{"retention.ms": "60000"})
	defer admin.Close()
	listed := func() bool { return slices.Contains(admin.Topics(), r.Topic) }
	seen := Seen{"listed": Await(r, true, listed), "partitions": admin.Partitions(r.Topic)}
	admin.DeleteTopic(r.Topic)
	seen["gone"] = !Await(r, false, listed)
	return seen
}

func adminPartitions(r Run) Seen {
	admin := r.create(2, nil)
	defer admin.Close()
	before := admin.Partitions(r.Topic)
	admin.AddPartitions(r.Topic, 4)
	after := Await(r, 4, func() int { return admin.Partitions(r.Topic) })
	return Seen{"before": before, "after": after}
}

func adminConfigs(r Run) Seen {
	admin := r.create(1, map[string]string{"retention.ms": "60000", "max.message.bytes": "2000"})
	defer admin.Close()
	retention := func() string { return admin.Config(r.Topic, "retention.ms") }
	before := retention()
	Check(admin.SetConfig(r.Topic, "retention.ms", "120000"))
	after := Await(r, "120000", retention)
	other := admin.Config(r.Topic, "max.message.bytes")
	return Seen{"before": before, "after": after, "max.message.bytes": other}
}

func adminRecords(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	r.send(numbered(10)...)
	admin.DeleteRecords(r.Topic, 4)
	return Seen{"first": admin.Offset(r.Topic, Earliest), "end": admin.Offset(r.Topic, Latest)}
}

func adminGroups(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	state := func() string {
		state, _ := admin.Describe(r.Group)
		return state
	}
	listed := func() bool { return slices.Contains(admin.Groups(), r.Group) }
	member := r.member()
	seen := Seen{"with a member": Await(r, "Stable", state)}
	member.Close()
	seen["without"] = Await(r, "Empty", state)
	seen["listed"] = listed()
	admin.DeleteGroup(r.Group)
	seen["gone"] = !Await(r, false, listed)
	return seen
}

func adminOffsets(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	r.send(numbered(10)...)
	admin.SetCommitted(r.Group, r.Topic, 6)
	return Seen{
		"earliest":  admin.Offset(r.Topic, Earliest),
		"latest":    admin.Offset(r.Topic, Latest),
		"time":      admin.Offset(r.Topic, Position{UnixMilli: 4500}),
		"committed": admin.Committed(r.Group, r.Topic, 0),
	}
}

func adminCluster(r Run) Seen {
	admin := r.Admin()
	defer admin.Close()
	brokers, controller := admin.Cluster()
	return Seen{"brokers": len(brokers), "controller": slices.Contains(brokers, controller)}
}
