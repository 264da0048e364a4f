use mediafold::store::TargetOrder;

use super::*;

impl Server {
    fn order(&self, order: TargetOrder) {
        Store::order_target(&self.data, "app", order, moment(0)).unwrap();
    }
}

#[test]
fn a_target_is_paused_and_resumed_beside_the_server() {
    let receiver = Receiver::fine();
    let server = Server::new(&target("app", &receiver.address, "from = \"all\""));
    server.fill(5);
    assert!(receiver.has_taken(10) && server.is_done("app"));
    server.order(TargetOrder::Pause);
    assert!(soon(|| server
        .get("/metrics")
        .1
        .contains("mediafold_target_paused{target=\"app\"} 1\n")));
    server.media("late", "created", 0);
    wait(300);
    assert_eq!((receiver.taken().len(), server.told("app")["ahead"].clone()), (10, 1.into()));
    assert_eq!(server.told("app")["paused"], "by hand");
    server.order(TargetOrder::Resume);
    assert!(receiver.has_taken(11) && server.is_done("app"));
    assert_eq!(server.told("app")["paused"], Value::Null);
    receiver.is_in_order();
}

#[test]
fn what_it_hangs_on_is_skipped_and_all_is_sent_again() {
    let receiver = Receiver::new(|post, _| match post.seq() {
        1 => Reply::Status(400, ""),
        _ => Reply::Status(200, ""),
    });
    let server = Server::new(&target("app", &receiver.address, "from = \"all\""));
    server.fill(3);
    // The second change is of the same asset, and waits.
    assert!(receiver.has_taken(4));
    assert!(soon(|| server.told("app")["next"] == 1 && server.told("app")["outstanding"] == 2));
    server.order(TargetOrder::Skip(None));
    assert!(receiver.has_taken(5) && server.is_done("app"), "{}", server.told("app"));
    receiver.is_in_order();
    let before = receiver.taken().len();
    server.order(TargetOrder::Replay(3));
    assert!(soon(|| receiver.taken().len() == before + 4), "{:?}", receiver.taken());
    assert!(server.is_done("app"));
    let mut again = receiver.taken().split_off(before);
    again.sort_unstable();
    assert_eq!(again, [3, 4, 5, 6]);
    let wrong = Store::order_target(&server.data, "application", TargetOrder::Pause, moment(0));
    assert_eq!(wrong.unwrap_err().to_string(), "there is no target `application`; known: app");
    let nothing = Store::order_target(&server.data, "app", TargetOrder::Skip(None), moment(0));
    assert!(nothing.unwrap_err().to_string().contains("nothing to skip"));
}

/// A target of another address, or of other secrets, goes on where it was.
#[test]
fn a_reload_changes_targets() {
    let (first, second) = (Receiver::fine(), Receiver::fine());
    let server = Server::new(&target("app", &first.address, "from = \"all\""));
    server.fill(2);
    assert!(first.has_taken(4) && server.is_done("app"));
    let text = format!("{SOURCES}{}", target("app", &second.address, "from = \"all\""));
    std::fs::write(&server.config, text).unwrap();
    server.serving.signal(mediafold::server::Signal::Reload);
    assert!(soon(|| server.told("app")["place"] == format!("http://{}/…", second.address)));
    server.media("m9", "created", 0);
    assert!(second.has_taken(1) && server.is_done("app"));
    assert_eq!((first.taken().len(), second.taken()), (4, vec![5]));
    std::fs::write(&server.config, SOURCES).unwrap();
    server.serving.signal(mediafold::server::Signal::Reload);
    assert!(soon(|| server.told("app")["configured"] == false));
    server.media("m10", "created", 0);
    wait(1_300);
    assert_eq!(second.taken(), [5]);
}
