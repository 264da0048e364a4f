// Written by generate.py from the transitions of fastpix/live_stream.

/// The kinds, each with the status word that makes it one of its own.
pub const KINDS: &[(&str, &str)] = &[
    ("video.live_stream.created", ""),
    ("video.live_stream.preparing", ""),
    ("video.live_stream.connected", ""),
    ("video.live_stream.recording", ""),
    ("video.live_stream.active", ""),
    ("video.live_stream.disconnected", ""),
    ("video.live_stream.idle", ""),
    ("video.live_stream.updated", ""),
    ("video.live_stream.enabled", ""),
    ("video.live_stream.disabled", ""),
    ("video.live_stream.deleted", ""),
];

/// In the order of [`State`].
pub const STATES: &[&str] = &[
    "new",
    "created",
    "preparing",
    "connected",
    "active",
    "disconnected",
    "idle",
    "disabled",
    "deleted",
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    LiveStreamCreated, LiveStreamPreparing, LiveStreamConnected, LiveStreamRecording,
    LiveStreamActive, LiveStreamDisconnected, LiveStreamIdle, LiveStreamUpdated,
    LiveStreamEnabled, LiveStreamDisabled, LiveStreamDeleted,
}

pub const EVENTS: &[Kind] = &[
    Kind::LiveStreamCreated, Kind::LiveStreamPreparing, Kind::LiveStreamConnected,
    Kind::LiveStreamRecording, Kind::LiveStreamActive, Kind::LiveStreamDisconnected,
    Kind::LiveStreamIdle, Kind::LiveStreamUpdated, Kind::LiveStreamEnabled,
    Kind::LiveStreamDisabled, Kind::LiveStreamDeleted,
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    New, Created, Preparing, Connected, Active, Disconnected, Idle, Disabled, Deleted,
}

pub fn matched(state: State, kind: Kind) -> Option<State> {
    use Kind::*;
    match state {
        State::New => match kind {
            LiveStreamCreated => Some(State::Created),
            _ => None,
        },
        State::Created => match kind {
            LiveStreamPreparing => Some(State::Preparing),
            LiveStreamConnected => Some(State::Connected),
            LiveStreamIdle => Some(State::Idle),
            LiveStreamUpdated => Some(State::Created),
            LiveStreamDisabled => Some(State::Disabled),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Preparing => match kind {
            LiveStreamConnected => Some(State::Connected),
            LiveStreamRecording | LiveStreamUpdated => Some(State::Preparing),
            LiveStreamActive => Some(State::Active),
            LiveStreamDisconnected => Some(State::Disconnected),
            LiveStreamIdle => Some(State::Idle),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Connected => match kind {
            LiveStreamPreparing => Some(State::Preparing),
            LiveStreamRecording | LiveStreamUpdated => Some(State::Connected),
            LiveStreamActive => Some(State::Active),
            LiveStreamDisconnected => Some(State::Disconnected),
            LiveStreamIdle => Some(State::Idle),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Active => match kind {
            LiveStreamRecording | LiveStreamUpdated => Some(State::Active),
            LiveStreamDisconnected => Some(State::Disconnected),
            LiveStreamIdle => Some(State::Idle),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Disconnected => match kind {
            LiveStreamPreparing => Some(State::Preparing),
            LiveStreamConnected => Some(State::Connected),
            LiveStreamActive => Some(State::Active),
            LiveStreamIdle => Some(State::Idle),
            LiveStreamUpdated => Some(State::Disconnected),
            LiveStreamDisabled => Some(State::Disabled),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Idle => match kind {
            LiveStreamPreparing => Some(State::Preparing),
            LiveStreamConnected => Some(State::Connected),
            LiveStreamUpdated => Some(State::Idle),
            LiveStreamDisabled => Some(State::Disabled),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Disabled => match kind {
            LiveStreamUpdated => Some(State::Disabled),
            LiveStreamEnabled => Some(State::Idle),
            LiveStreamDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Deleted => None,
    }
}

pub mod by_rust_fsm {
    rust_fsm::state_machine! {
        #[state_machine(input(crate::live_stream::Kind), state(crate::live_stream::State))]
        machine(New)

        New => {
            LiveStreamCreated => Created
        },
        Created => {
            LiveStreamPreparing => Preparing, LiveStreamConnected => Connected,
            LiveStreamIdle => Idle, LiveStreamUpdated => Created, LiveStreamDisabled => Disabled,
            LiveStreamDeleted => Deleted
        },
        Preparing => {
            LiveStreamConnected => Connected, LiveStreamRecording => Preparing,
            LiveStreamActive => Active, LiveStreamDisconnected => Disconnected,
            LiveStreamIdle => Idle, LiveStreamUpdated => Preparing, LiveStreamDeleted => Deleted
        },
        Connected => {
            LiveStreamPreparing => Preparing, LiveStreamRecording => Connected,
            LiveStreamActive => Active, LiveStreamDisconnected => Disconnected,
            LiveStreamIdle => Idle, LiveStreamUpdated => Connected, LiveStreamDeleted => Deleted
        },
        Active => {
            LiveStreamRecording => Active, LiveStreamDisconnected => Disconnected,
            LiveStreamIdle => Idle, LiveStreamUpdated => Active, LiveStreamDeleted => Deleted
        },
        Disconnected => {
            LiveStreamPreparing => Preparing, LiveStreamConnected => Connected,
            LiveStreamActive => Active, LiveStreamIdle => Idle, LiveStreamUpdated => Disconnected,
            LiveStreamDisabled => Disabled, LiveStreamDeleted => Deleted
        },
        Idle => {
            LiveStreamPreparing => Preparing, LiveStreamConnected => Connected,
            LiveStreamUpdated => Idle, LiveStreamDisabled => Disabled,
            LiveStreamDeleted => Deleted
        },
        Disabled => {
            LiveStreamUpdated => Disabled, LiveStreamEnabled => Idle,
            LiveStreamDeleted => Deleted
        }
    }

    pub type Machine = machine::StateMachine;
}

pub mod by_smlang {
    smlang::statemachine! {
        derive_states: [Clone, Copy, Debug],
        derive_events: [Clone, Copy, Debug],
        transitions: {
            *New + LiveStreamCreated = Created, Created + LiveStreamPreparing = Preparing,
            Created + LiveStreamConnected = Connected, Created + LiveStreamIdle = Idle,
            Created + LiveStreamUpdated = Created, Created + LiveStreamDisabled = Disabled,
            Created + LiveStreamDeleted = Deleted, Preparing + LiveStreamConnected = Connected,
            Preparing + LiveStreamRecording = Preparing, Preparing + LiveStreamActive = Active,
            Preparing + LiveStreamDisconnected = Disconnected, Preparing + LiveStreamIdle = Idle,
            Preparing + LiveStreamUpdated = Preparing, Preparing + LiveStreamDeleted = Deleted,
            Connected + LiveStreamPreparing = Preparing,
            Connected + LiveStreamRecording = Connected, Connected + LiveStreamActive = Active,
            Connected + LiveStreamDisconnected = Disconnected, Connected + LiveStreamIdle = Idle,
            Connected + LiveStreamUpdated = Connected, Connected + LiveStreamDeleted = Deleted,
            Active + LiveStreamRecording = Active, Active + LiveStreamDisconnected = Disconnected,
            Active + LiveStreamIdle = Idle, Active + LiveStreamUpdated = Active,
            Active + LiveStreamDeleted = Deleted, Disconnected + LiveStreamPreparing = Preparing,
            Disconnected + LiveStreamConnected = Connected,
            Disconnected + LiveStreamActive = Active, Disconnected + LiveStreamIdle = Idle,
            Disconnected + LiveStreamUpdated = Disconnected,
            Disconnected + LiveStreamDisabled = Disabled,
            Disconnected + LiveStreamDeleted = Deleted, Idle + LiveStreamPreparing = Preparing,
            Idle + LiveStreamConnected = Connected, Idle + LiveStreamUpdated = Idle,
            Idle + LiveStreamDisabled = Disabled, Idle + LiveStreamDeleted = Deleted,
            Disabled + LiveStreamUpdated = Disabled, Disabled + LiveStreamEnabled = Idle,
            Disabled + LiveStreamDeleted = Deleted,
        },
    }

    #[derive(Debug)]
    pub struct Context;
    impl StateMachineContext for Context {}

    pub const EVENTS: &[Events] = &[
        Events::LiveStreamCreated, Events::LiveStreamPreparing, Events::LiveStreamConnected,
        Events::LiveStreamRecording, Events::LiveStreamActive, Events::LiveStreamDisconnected,
        Events::LiveStreamIdle, Events::LiveStreamUpdated, Events::LiveStreamEnabled,
        Events::LiveStreamDisabled, Events::LiveStreamDeleted,
    ];

    pub fn ours(state: &States) -> super::State {
        match state {
            States::New { .. } => super::State::New,
            States::Created { .. } => super::State::Created,
            States::Preparing { .. } => super::State::Preparing,
            States::Connected { .. } => super::State::Connected,
            States::Active { .. } => super::State::Active,
            States::Disconnected { .. } => super::State::Disconnected,
            States::Idle { .. } => super::State::Idle,
            States::Disabled { .. } => super::State::Disabled,
            States::Deleted { .. } => super::State::Deleted,
        }
    }
}

pub mod by_statig {
    use statig::prelude::*;

    use super::Kind;

    #[derive(Debug, Default)]
    pub struct Asset {
        pub illegal: bool,
    }

    #[state_machine(initial = "State::new()", state(derive(Debug, PartialEq)))]
    impl Asset {
        #[state]
        fn new(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamCreated => Transition(State::created()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn created(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamPreparing => Transition(State::preparing()),
                LiveStreamConnected => Transition(State::connected()),
                LiveStreamIdle => Transition(State::idle()),
                LiveStreamUpdated => Handled,
                LiveStreamDisabled => Transition(State::disabled()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn preparing(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamConnected => Transition(State::connected()),
                LiveStreamRecording | LiveStreamUpdated => Handled,
                LiveStreamActive => Transition(State::active()),
                LiveStreamDisconnected => Transition(State::disconnected()),
                LiveStreamIdle => Transition(State::idle()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn connected(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamPreparing => Transition(State::preparing()),
                LiveStreamRecording | LiveStreamUpdated => Handled,
                LiveStreamActive => Transition(State::active()),
                LiveStreamDisconnected => Transition(State::disconnected()),
                LiveStreamIdle => Transition(State::idle()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn active(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamRecording | LiveStreamUpdated => Handled,
                LiveStreamDisconnected => Transition(State::disconnected()),
                LiveStreamIdle => Transition(State::idle()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn disconnected(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamPreparing => Transition(State::preparing()),
                LiveStreamConnected => Transition(State::connected()),
                LiveStreamActive => Transition(State::active()),
                LiveStreamIdle => Transition(State::idle()),
                LiveStreamUpdated => Handled,
                LiveStreamDisabled => Transition(State::disabled()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn idle(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamPreparing => Transition(State::preparing()),
                LiveStreamConnected => Transition(State::connected()),
                LiveStreamUpdated => Handled,
                LiveStreamDisabled => Transition(State::disabled()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn disabled(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                LiveStreamUpdated => Handled,
                LiveStreamEnabled => Transition(State::idle()),
                LiveStreamDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn deleted(&mut self, event: &Kind) -> Outcome<State> {
            match event {
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }
    }

    pub fn ours(state: &State) -> super::State {
        match state {
            State::New { .. } => super::State::New,
            State::Created { .. } => super::State::Created,
            State::Preparing { .. } => super::State::Preparing,
            State::Connected { .. } => super::State::Connected,
            State::Active { .. } => super::State::Active,
            State::Disconnected { .. } => super::State::Disconnected,
            State::Idle { .. } => super::State::Idle,
            State::Disabled { .. } => super::State::Disabled,
            State::Deleted { .. } => super::State::Deleted,
        }
    }
}
