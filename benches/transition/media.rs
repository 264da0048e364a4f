// Written by generate.py from the transitions of fastpix/media.

/// The kinds, each with the status word that makes it one of its own.
pub const KINDS: &[(&str, &str)] = &[
    ("video.media.created", ""),
    ("video.upload.media_created", ""),
    ("video.media.ready", ""),
    ("video.media.failed", ""),
    ("video.media.deleted", ""),
    ("video.media.updated", ""),
    ("video.media.updated", "downloading"),
    ("video.media.live_stream.created", ""),
    ("video.media.intro.ready", ""),
    ("video.media.outro.ready", ""),
    ("video.media.expunge.ready", ""),
    ("video.media.splicing.ready", ""),
    ("video.media.imposeAudio.ready", ""),
    ("video.media.swapAudio.ready", ""),
    ("video.media.watermark.ready", ""),
    ("video.media.optimize_audio.ready", ""),
    ("video.media.mp4Support.ready", ""),
    ("video.media.source.ready", ""),
    ("video.media.source.deleted", ""),
    ("video.media.subtitle.generated.ready", ""),
    ("video.media.track.created", ""),
    ("video.media.track.ready", ""),
    ("video.media.track.failed", ""),
    ("video.media.track.updated", ""),
    ("video.media.track.deleted", ""),
    ("video.mediaAI.chapters.ready", ""),
    ("video.mediaAI.namedEntities.ready", ""),
    ("video.mediaAI.summary.ready", ""),
    ("video.mediaAI.moderation.ready", ""),
];

/// In the order of [`State`].
pub const STATES: &[&str] = &[
    "new",
    "created",
    "preparing",
    "ready",
    "failed",
    "deleted",
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    MediaCreated, UploadMediaCreated, MediaReady, MediaFailed, MediaDeleted, MediaUpdated,
    MediaUpdatedDownloading, MediaLiveStreamCreated, MediaIntroReady, MediaOutroReady,
    MediaExpungeReady, MediaSplicingReady, MediaImposeAudioReady, MediaSwapAudioReady,
    MediaWatermarkReady, MediaOptimizeAudioReady, MediaMp4SupportReady, MediaSourceReady,
    MediaSourceDeleted, MediaSubtitleGeneratedReady, MediaTrackCreated, MediaTrackReady,
    MediaTrackFailed, MediaTrackUpdated, MediaTrackDeleted, MediaAIChaptersReady,
    MediaAINamedEntitiesReady, MediaAISummaryReady, MediaAIModerationReady,
}

pub const EVENTS: &[Kind] = &[
    Kind::MediaCreated, Kind::UploadMediaCreated, Kind::MediaReady, Kind::MediaFailed,
    Kind::MediaDeleted, Kind::MediaUpdated, Kind::MediaUpdatedDownloading,
    Kind::MediaLiveStreamCreated, Kind::MediaIntroReady, Kind::MediaOutroReady,
    Kind::MediaExpungeReady, Kind::MediaSplicingReady, Kind::MediaImposeAudioReady,
    Kind::MediaSwapAudioReady, Kind::MediaWatermarkReady, Kind::MediaOptimizeAudioReady,
    Kind::MediaMp4SupportReady, Kind::MediaSourceReady, Kind::MediaSourceDeleted,
    Kind::MediaSubtitleGeneratedReady, Kind::MediaTrackCreated, Kind::MediaTrackReady,
    Kind::MediaTrackFailed, Kind::MediaTrackUpdated, Kind::MediaTrackDeleted,
    Kind::MediaAIChaptersReady, Kind::MediaAINamedEntitiesReady, Kind::MediaAISummaryReady,
    Kind::MediaAIModerationReady,
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    New, Created, Preparing, Ready, Failed, Deleted,
}

pub fn matched(state: State, kind: Kind) -> Option<State> {
    use Kind::*;
    match state {
        State::New => match kind {
            MediaCreated | UploadMediaCreated | MediaLiveStreamCreated => Some(State::Created),
            _ => None,
        },
        State::Created => match kind {
            MediaReady => Some(State::Ready),
            MediaFailed => Some(State::Failed),
            MediaDeleted => Some(State::Deleted),
            MediaUpdated | MediaIntroReady | MediaOutroReady | MediaExpungeReady
            | MediaSplicingReady | MediaImposeAudioReady | MediaSwapAudioReady
            | MediaWatermarkReady | MediaOptimizeAudioReady | MediaMp4SupportReady
            | MediaSourceReady | MediaSourceDeleted | MediaSubtitleGeneratedReady
            | MediaTrackCreated | MediaTrackReady | MediaTrackFailed | MediaTrackUpdated
            | MediaTrackDeleted | MediaAIChaptersReady | MediaAINamedEntitiesReady
            | MediaAISummaryReady | MediaAIModerationReady => Some(State::Created),
            MediaUpdatedDownloading => Some(State::Preparing),
            _ => None,
        },
        State::Preparing => match kind {
            MediaReady => Some(State::Ready),
            MediaFailed => Some(State::Failed),
            MediaDeleted => Some(State::Deleted),
            MediaUpdated | MediaUpdatedDownloading | MediaIntroReady | MediaOutroReady
            | MediaExpungeReady | MediaSplicingReady | MediaImposeAudioReady | MediaSwapAudioReady
            | MediaWatermarkReady | MediaOptimizeAudioReady | MediaMp4SupportReady
            | MediaSourceReady | MediaSourceDeleted | MediaSubtitleGeneratedReady
            | MediaTrackCreated | MediaTrackReady | MediaTrackFailed | MediaTrackUpdated
            | MediaTrackDeleted | MediaAIChaptersReady | MediaAINamedEntitiesReady
            | MediaAISummaryReady | MediaAIModerationReady => Some(State::Preparing),
            _ => None,
        },
        State::Ready => match kind {
            MediaReady | MediaUpdated | MediaUpdatedDownloading | MediaIntroReady
            | MediaOutroReady | MediaExpungeReady | MediaSplicingReady | MediaImposeAudioReady
            | MediaSwapAudioReady | MediaWatermarkReady | MediaOptimizeAudioReady
            | MediaMp4SupportReady | MediaSourceReady | MediaSourceDeleted
            | MediaSubtitleGeneratedReady | MediaTrackCreated | MediaTrackReady | MediaTrackFailed
            | MediaTrackUpdated | MediaTrackDeleted | MediaAIChaptersReady
            | MediaAINamedEntitiesReady | MediaAISummaryReady | MediaAIModerationReady => Some(State::Ready),
            MediaFailed => Some(State::Failed),
            MediaDeleted => Some(State::Deleted),
            _ => None,
        },
        State::Failed => match kind {
            MediaDeleted => Some(State::Deleted),
            MediaUpdated | MediaUpdatedDownloading | MediaIntroReady | MediaOutroReady
            | MediaExpungeReady | MediaSplicingReady | MediaImposeAudioReady | MediaSwapAudioReady
            | MediaWatermarkReady | MediaOptimizeAudioReady | MediaMp4SupportReady
            | MediaSourceReady | MediaSourceDeleted | MediaSubtitleGeneratedReady
            | MediaTrackCreated | MediaTrackReady | MediaTrackFailed | MediaTrackUpdated
            | MediaTrackDeleted | MediaAIChaptersReady | MediaAINamedEntitiesReady
            | MediaAISummaryReady | MediaAIModerationReady => Some(State::Failed),
            _ => None,
        },
        State::Deleted => None,
    }
}

pub mod by_rust_fsm {
    rust_fsm::state_machine! {
        #[state_machine(input(crate::media::Kind), state(crate::media::State))]
        machine(New)

        New => {
            MediaCreated => Created, UploadMediaCreated => Created,
            MediaLiveStreamCreated => Created
        },
        Created => {
            MediaReady => Ready, MediaFailed => Failed, MediaDeleted => Deleted,
            MediaUpdated => Created, MediaUpdatedDownloading => Preparing,
            MediaIntroReady => Created, MediaOutroReady => Created, MediaExpungeReady => Created,
            MediaSplicingReady => Created, MediaImposeAudioReady => Created,
            MediaSwapAudioReady => Created, MediaWatermarkReady => Created,
            MediaOptimizeAudioReady => Created, MediaMp4SupportReady => Created,
            MediaSourceReady => Created, MediaSourceDeleted => Created,
            MediaSubtitleGeneratedReady => Created, MediaTrackCreated => Created,
            MediaTrackReady => Created, MediaTrackFailed => Created, MediaTrackUpdated => Created,
            MediaTrackDeleted => Created, MediaAIChaptersReady => Created,
            MediaAINamedEntitiesReady => Created, MediaAISummaryReady => Created,
            MediaAIModerationReady => Created
        },
        Preparing => {
            MediaReady => Ready, MediaFailed => Failed, MediaDeleted => Deleted,
            MediaUpdated => Preparing, MediaUpdatedDownloading => Preparing,
            MediaIntroReady => Preparing, MediaOutroReady => Preparing,
            MediaExpungeReady => Preparing, MediaSplicingReady => Preparing,
            MediaImposeAudioReady => Preparing, MediaSwapAudioReady => Preparing,
            MediaWatermarkReady => Preparing, MediaOptimizeAudioReady => Preparing,
            MediaMp4SupportReady => Preparing, MediaSourceReady => Preparing,
            MediaSourceDeleted => Preparing, MediaSubtitleGeneratedReady => Preparing,
            MediaTrackCreated => Preparing, MediaTrackReady => Preparing,
            MediaTrackFailed => Preparing, MediaTrackUpdated => Preparing,
            MediaTrackDeleted => Preparing, MediaAIChaptersReady => Preparing,
            MediaAINamedEntitiesReady => Preparing, MediaAISummaryReady => Preparing,
            MediaAIModerationReady => Preparing
        },
        Ready => {
            MediaReady => Ready, MediaFailed => Failed, MediaDeleted => Deleted,
            MediaUpdated => Ready, MediaUpdatedDownloading => Ready, MediaIntroReady => Ready,
            MediaOutroReady => Ready, MediaExpungeReady => Ready, MediaSplicingReady => Ready,
            MediaImposeAudioReady => Ready, MediaSwapAudioReady => Ready,
            MediaWatermarkReady => Ready, MediaOptimizeAudioReady => Ready,
            MediaMp4SupportReady => Ready, MediaSourceReady => Ready, MediaSourceDeleted => Ready,
            MediaSubtitleGeneratedReady => Ready, MediaTrackCreated => Ready,
            MediaTrackReady => Ready, MediaTrackFailed => Ready, MediaTrackUpdated => Ready,
            MediaTrackDeleted => Ready, MediaAIChaptersReady => Ready,
            MediaAINamedEntitiesReady => Ready, MediaAISummaryReady => Ready,
            MediaAIModerationReady => Ready
        },
        Failed => {
            MediaDeleted => Deleted, MediaUpdated => Failed, MediaUpdatedDownloading => Failed,
            MediaIntroReady => Failed, MediaOutroReady => Failed, MediaExpungeReady => Failed,
            MediaSplicingReady => Failed, MediaImposeAudioReady => Failed,
            MediaSwapAudioReady => Failed, MediaWatermarkReady => Failed,
            MediaOptimizeAudioReady => Failed, MediaMp4SupportReady => Failed,
            MediaSourceReady => Failed, MediaSourceDeleted => Failed,
            MediaSubtitleGeneratedReady => Failed, MediaTrackCreated => Failed,
            MediaTrackReady => Failed, MediaTrackFailed => Failed, MediaTrackUpdated => Failed,
            MediaTrackDeleted => Failed, MediaAIChaptersReady => Failed,
            MediaAINamedEntitiesReady => Failed, MediaAISummaryReady => Failed,
            MediaAIModerationReady => Failed
        }
    }

    pub type Machine = machine::StateMachine;
}

pub mod by_smlang {
    smlang::statemachine! {
        derive_states: [Clone, Copy, Debug],
        derive_events: [Clone, Copy, Debug],
        transitions: {
            *New + MediaCreated = Created, New + UploadMediaCreated = Created,
            New + MediaLiveStreamCreated = Created, Created + MediaReady = Ready,
            Created + MediaFailed = Failed, Created + MediaDeleted = Deleted,
            Created + MediaUpdated = Created, Created + MediaUpdatedDownloading = Preparing,
            Created + MediaIntroReady = Created, Created + MediaOutroReady = Created,
            Created + MediaExpungeReady = Created, Created + MediaSplicingReady = Created,
            Created + MediaImposeAudioReady = Created, Created + MediaSwapAudioReady = Created,
            Created + MediaWatermarkReady = Created, Created + MediaOptimizeAudioReady = Created,
            Created + MediaMp4SupportReady = Created, Created + MediaSourceReady = Created,
            Created + MediaSourceDeleted = Created,
            Created + MediaSubtitleGeneratedReady = Created,
            Created + MediaTrackCreated = Created, Created + MediaTrackReady = Created,
            Created + MediaTrackFailed = Created, Created + MediaTrackUpdated = Created,
            Created + MediaTrackDeleted = Created, Created + MediaAIChaptersReady = Created,
            Created + MediaAINamedEntitiesReady = Created,
            Created + MediaAISummaryReady = Created, Created + MediaAIModerationReady = Created,
            Preparing + MediaReady = Ready, Preparing + MediaFailed = Failed,
            Preparing + MediaDeleted = Deleted, Preparing + MediaUpdated = Preparing,
            Preparing + MediaUpdatedDownloading = Preparing,
            Preparing + MediaIntroReady = Preparing, Preparing + MediaOutroReady = Preparing,
            Preparing + MediaExpungeReady = Preparing, Preparing + MediaSplicingReady = Preparing,
            Preparing + MediaImposeAudioReady = Preparing,
            Preparing + MediaSwapAudioReady = Preparing,
            Preparing + MediaWatermarkReady = Preparing,
            Preparing + MediaOptimizeAudioReady = Preparing,
            Preparing + MediaMp4SupportReady = Preparing,
            Preparing + MediaSourceReady = Preparing, Preparing + MediaSourceDeleted = Preparing,
            Preparing + MediaSubtitleGeneratedReady = Preparing,
            Preparing + MediaTrackCreated = Preparing, Preparing + MediaTrackReady = Preparing,
            Preparing + MediaTrackFailed = Preparing, Preparing + MediaTrackUpdated = Preparing,
            Preparing + MediaTrackDeleted = Preparing,
            Preparing + MediaAIChaptersReady = Preparing,
            Preparing + MediaAINamedEntitiesReady = Preparing,
            Preparing + MediaAISummaryReady = Preparing,
            Preparing + MediaAIModerationReady = Preparing, Ready + MediaReady = Ready,
            Ready + MediaFailed = Failed, Ready + MediaDeleted = Deleted,
            Ready + MediaUpdated = Ready, Ready + MediaUpdatedDownloading = Ready,
            Ready + MediaIntroReady = Ready, Ready + MediaOutroReady = Ready,
            Ready + MediaExpungeReady = Ready, Ready + MediaSplicingReady = Ready,
            Ready + MediaImposeAudioReady = Ready, Ready + MediaSwapAudioReady = Ready,
            Ready + MediaWatermarkReady = Ready, Ready + MediaOptimizeAudioReady = Ready,
            Ready + MediaMp4SupportReady = Ready, Ready + MediaSourceReady = Ready,
            Ready + MediaSourceDeleted = Ready, Ready + MediaSubtitleGeneratedReady = Ready,
            Ready + MediaTrackCreated = Ready, Ready + MediaTrackReady = Ready,
            Ready + MediaTrackFailed = Ready, Ready + MediaTrackUpdated = Ready,
            Ready + MediaTrackDeleted = Ready, Ready + MediaAIChaptersReady = Ready,
            Ready + MediaAINamedEntitiesReady = Ready, Ready + MediaAISummaryReady = Ready,
            Ready + MediaAIModerationReady = Ready, Failed + MediaDeleted = Deleted,
            Failed + MediaUpdated = Failed, Failed + MediaUpdatedDownloading = Failed,
            Failed + MediaIntroReady = Failed, Failed + MediaOutroReady = Failed,
            Failed + MediaExpungeReady = Failed, Failed + MediaSplicingReady = Failed,
            Failed + MediaImposeAudioReady = Failed, Failed + MediaSwapAudioReady = Failed,
            Failed + MediaWatermarkReady = Failed, Failed + MediaOptimizeAudioReady = Failed,
            Failed + MediaMp4SupportReady = Failed, Failed + MediaSourceReady = Failed,
            Failed + MediaSourceDeleted = Failed, Failed + MediaSubtitleGeneratedReady = Failed,
            Failed + MediaTrackCreated = Failed, Failed + MediaTrackReady = Failed,
            Failed + MediaTrackFailed = Failed, Failed + MediaTrackUpdated = Failed,
            Failed + MediaTrackDeleted = Failed, Failed + MediaAIChaptersReady = Failed,
            Failed + MediaAINamedEntitiesReady = Failed, Failed + MediaAISummaryReady = Failed,
            Failed + MediaAIModerationReady = Failed,
        },
    }

    #[derive(Debug)]
    pub struct Context;
    impl StateMachineContext for Context {}

    pub const EVENTS: &[Events] = &[
        Events::MediaCreated, Events::UploadMediaCreated, Events::MediaReady, Events::MediaFailed,
        Events::MediaDeleted, Events::MediaUpdated, Events::MediaUpdatedDownloading,
        Events::MediaLiveStreamCreated, Events::MediaIntroReady, Events::MediaOutroReady,
        Events::MediaExpungeReady, Events::MediaSplicingReady, Events::MediaImposeAudioReady,
        Events::MediaSwapAudioReady, Events::MediaWatermarkReady, Events::MediaOptimizeAudioReady,
        Events::MediaMp4SupportReady, Events::MediaSourceReady, Events::MediaSourceDeleted,
        Events::MediaSubtitleGeneratedReady, Events::MediaTrackCreated, Events::MediaTrackReady,
        Events::MediaTrackFailed, Events::MediaTrackUpdated, Events::MediaTrackDeleted,
        Events::MediaAIChaptersReady, Events::MediaAINamedEntitiesReady,
        Events::MediaAISummaryReady, Events::MediaAIModerationReady,
    ];

    pub fn ours(state: &States) -> super::State {
        match state {
            States::New { .. } => super::State::New,
            States::Created { .. } => super::State::Created,
            States::Preparing { .. } => super::State::Preparing,
            States::Ready { .. } => super::State::Ready,
            States::Failed { .. } => super::State::Failed,
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
                MediaCreated | UploadMediaCreated | MediaLiveStreamCreated => Transition(State::created()),
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
                MediaReady => Transition(State::ready()),
                MediaFailed => Transition(State::failed()),
                MediaDeleted => Transition(State::deleted()),
                MediaUpdated | MediaIntroReady | MediaOutroReady | MediaExpungeReady
                | MediaSplicingReady | MediaImposeAudioReady | MediaSwapAudioReady
                | MediaWatermarkReady | MediaOptimizeAudioReady | MediaMp4SupportReady
                | MediaSourceReady | MediaSourceDeleted | MediaSubtitleGeneratedReady
                | MediaTrackCreated | MediaTrackReady | MediaTrackFailed | MediaTrackUpdated
                | MediaTrackDeleted | MediaAIChaptersReady | MediaAINamedEntitiesReady
                | MediaAISummaryReady | MediaAIModerationReady => Handled,
                MediaUpdatedDownloading => Transition(State::preparing()),
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
                MediaReady => Transition(State::ready()),
                MediaFailed => Transition(State::failed()),
                MediaDeleted => Transition(State::deleted()),
                MediaUpdated | MediaUpdatedDownloading | MediaIntroReady | MediaOutroReady
                | MediaExpungeReady | MediaSplicingReady | MediaImposeAudioReady
                | MediaSwapAudioReady | MediaWatermarkReady | MediaOptimizeAudioReady
                | MediaMp4SupportReady | MediaSourceReady | MediaSourceDeleted
                | MediaSubtitleGeneratedReady | MediaTrackCreated | MediaTrackReady
                | MediaTrackFailed | MediaTrackUpdated | MediaTrackDeleted | MediaAIChaptersReady
                | MediaAINamedEntitiesReady | MediaAISummaryReady | MediaAIModerationReady => Handled,
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn ready(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                MediaReady | MediaUpdated | MediaUpdatedDownloading | MediaIntroReady
                | MediaOutroReady | MediaExpungeReady | MediaSplicingReady | MediaImposeAudioReady
                | MediaSwapAudioReady | MediaWatermarkReady | MediaOptimizeAudioReady
                | MediaMp4SupportReady | MediaSourceReady | MediaSourceDeleted
                | MediaSubtitleGeneratedReady | MediaTrackCreated | MediaTrackReady
                | MediaTrackFailed | MediaTrackUpdated | MediaTrackDeleted | MediaAIChaptersReady
                | MediaAINamedEntitiesReady | MediaAISummaryReady | MediaAIModerationReady => Handled,
                MediaFailed => Transition(State::failed()),
                MediaDeleted => Transition(State::deleted()),
                _ => {
                    self.illegal = true;
                    Handled
                }
            }
        }

        #[state]
        fn failed(&mut self, event: &Kind) -> Outcome<State> {
            use Kind::*;
            match event {
                MediaDeleted => Transition(State::deleted()),
                MediaUpdated | MediaUpdatedDownloading | MediaIntroReady | MediaOutroReady
                | MediaExpungeReady | MediaSplicingReady | MediaImposeAudioReady
                | MediaSwapAudioReady | MediaWatermarkReady | MediaOptimizeAudioReady
                | MediaMp4SupportReady | MediaSourceReady | MediaSourceDeleted
                | MediaSubtitleGeneratedReady | MediaTrackCreated | MediaTrackReady
                | MediaTrackFailed | MediaTrackUpdated | MediaTrackDeleted | MediaAIChaptersReady
                | MediaAINamedEntitiesReady | MediaAISummaryReady | MediaAIModerationReady => Handled,
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
            State::Ready { .. } => super::State::Ready,
            State::Failed { .. } => super::State::Failed,
            State::Deleted { .. } => super::State::Deleted,
        }
    }
}
