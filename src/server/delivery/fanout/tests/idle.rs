//! Subscribers that join a replay that was not observed.

use super::slow_net::World;
use super::*;
use crate::close_code::CloseCode;
use crate::hub::{Framing, Stopping};

#[test]
fn a_client_that_resumes_while_the_replay_is_being_closed_is_not_set_back_to_its_last_wake() {
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
    let mut world = World::new(Duration::ZERO);
    let replay = world.open("main", &timeline, 600.0, 0);
    let woken = replay.status_receiver().borrow().playhead.head;
    world.run(world.now() + Duration::from_secs(3), false);
    let head = replay.status(world.now()).playhead.head;
    assert!(replay.status_receiver().borrow().playhead.head == woken && head > woken, "it does not rest");
    // The loop has not been woken for the replay yet.
    replay.stop(Stopping { code: CloseCode::GoingAway, drain: false });
    let line = world.join(&replay, &format!("since={}.1.{head}", replay.frames().run_text()), Framing::WebSocket);
    let hello = &line.received()[0].text;
    assert!(hello.contains(r#""resumed":"ok""#) && hello.contains(&format!(r#""head":{head},"#)), "{hello}");
}
