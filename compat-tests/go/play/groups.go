package play

import "slices"

// member joins the run's group in the usual way.
func (r Run) member() Member {
	return r.Member(Membership{Topic: r.Topic, Group: r.Group})
}

// shares gives how many partitions each member has, once the group is at rest.
func shares(admin Admin, group string) func() []int {
	return func() []int {
		state, shares := admin.Describe(group)
		if state != "Stable" {
			return nil
		}
		slices.Sort(shares)
		return shares
	}
}

func groups(r Run) Seen {
	admin := r.create(6, nil)
	defer admin.Close()
	first, second, third := r.member(), r.member(), r.member()
	defer first.Close()
	defer second.Close()
	three := Await(r, []int{2, 2, 2}, shares(admin, r.Group))
	third.Close()
	return Seen{"three": three, "two": Await(r, []int{3, 3}, shares(admin, r.Group))}
}

func killedMember(r Run) Seen {
	admin := r.create(4, nil)
	defer admin.Close()
	defer r.member().Close()
	_, kill := r.start("member")
	together := Await(r, []int{2, 2}, shares(admin, r.Group))
	kill()
	return Seen{"together": together, "alone": Await(r, []int{4}, shares(admin, r.Group))}
}

func moreMembers(r Run) Seen {
	admin := r.create(2, nil)
	defer admin.Close()
	for range 3 {
		defer r.member().Close()
	}
	return Seen{"shares": Await(r, []int{0, 1, 1}, shares(admin, r.Group))}
}

func staticMembers(r Run) Seen {
	admin := r.create(4, nil)
	defer admin.Close()
	join := func(instance string) Static {
		how := Membership{Topic: r.Topic, Group: r.Group, Instance: instance}
		return r.Member(how).(Static)
	}
	has := func(member Static) func() int { return func() int { return len(member.Assigned()) } }
	first, other := join("first"), join("other")
	defer other.Close()
	Await(r, 2, has(first))
	Await(r, 2, has(other))
	Await(r, []int{2, 2}, shares(admin, r.Group))
	before, generation := first.Assigned(), other.Generation()
	first.Close()
	again := join("first")
	defer again.Close()
	Await(r, 2, has(again))
	same, rebalances := slices.Equal(again.Assigned(), before), other.Generation()-generation

	defer join("first").Close()
	_, err := again.Next(r)
	const fencedInstanceID = 82
	return Seen{
		"same partitions": same, "rebalances of the other": rebalances,
		"fenced": r.Code(err) == fencedInstanceID,
	}
}

func cooperative(r Run) Seen {
	admin := r.create(4, nil)
	defer admin.Close()
	join := func() Cooperative {
		how := Membership{Topic: r.Topic, Group: r.Group, Cooperative: true}
		return r.Member(how).(Cooperative)
	}
	first := join()
	defer first.Close()
	Await(r, []int{4}, shares(admin, r.Group))
	second := join()
	defer second.Close()
	Await(r, 2, func() int { return len(first.Assigned()) })
	Await(r, 2, func() int { return len(second.Assigned()) })
	together := Await(r, []int{2, 2}, shares(admin, r.Group))
	return Seen{"revoked": first.Revoked(), "together": together}
}

// serverSide has three members of the newer group protocol, then two.
func serverSide(r Run) Seen {
	r.create(6, nil).Close()
	join := func() Static {
		how := Membership{Topic: r.Topic, Group: r.Group, ServerSide: true}
		return r.Member(how).(Static)
	}
	members := []Static{join(), join(), join()}
	defer members[0].Close()
	defer members[1].Close()
	shares := func() (shares []int) {
		for _, member := range members {
			shares = append(shares, len(member.Assigned()))
		}
		return shares
	}
	three := Await(r, []int{2, 2, 2}, shares)
	members[2].Close()
	members = members[:2]
	return Seen{"three": three, "two": Await(r, []int{3, 3}, shares)}
}
