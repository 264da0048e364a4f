"""What the definitions have names for: made by `mediafold types --python`."""

from typing import Literal, NoReturn, Union

from mediafold import Asset, Event

# api.video live stream
ApivideoLiveStreamState = Literal["new", "live", "idle"]
ApivideoLiveStreamFlag = NoReturn
ApivideoLiveStreamKind = Literal["live-stream.broadcast.started", "live-stream.broadcast.ended"]
ApivideoLiveStreamData = NoReturn
ApivideoLiveStreamEvent = Event[
    Literal["apivideo/live_stream"],
    ApivideoLiveStreamKind,
    ApivideoLiveStreamState,
    ApivideoLiveStreamFlag,
    ApivideoLiveStreamData,
]
ApivideoLiveStreamAsset = Asset[
    Literal["apivideo/live_stream"],
    ApivideoLiveStreamState,
    ApivideoLiveStreamFlag,
    ApivideoLiveStreamData,
]

# api.video video
ApivideoVideoState = Literal["new", "processing", "playable"]
ApivideoVideoFlag = Literal[
    "recording",
    "mp4",
    "hls_240p",
    "hls_360p",
    "hls_480p",
    "hls_720p",
    "hls_1080p",
    "hls_2160p",
    "captions",
    "summary",
]
ApivideoVideoKind = Literal[
    "video.source.recorded",
    "video.encoding.quality.completed",
    "video.caption.generated",
    "video.summary.generated",
]
ApivideoVideoData = Literal["quality", "caption_id", "caption_language", "summary_id"]
ApivideoVideoEvent = Event[
    Literal["apivideo/video"],
    ApivideoVideoKind,
    ApivideoVideoState,
    ApivideoVideoFlag,
    ApivideoVideoData,
]
ApivideoVideoAsset = Asset[
    Literal["apivideo/video"],
    ApivideoVideoState,
    ApivideoVideoFlag,
    ApivideoVideoData,
]

# Bunny Stream video
BunnyVideoState = Literal[
    "new",
    "uploading",
    "uploaded",
    "upload_failed",
    "queued",
    "processing",
    "encoding",
    "playable",
    "finished",
    "failed",
]
BunnyVideoFlag = Literal["captions", "title"]
BunnyVideoKind = Literal["6", "7", "8", "0", "1", "2", "4", "3", "5", "9", "10"]
BunnyVideoData = Literal["library"]
BunnyVideoEvent = Event[
    Literal["bunny/video"],
    BunnyVideoKind,
    BunnyVideoState,
    BunnyVideoFlag,
    BunnyVideoData,
]
BunnyVideoAsset = Asset[Literal["bunny/video"], BunnyVideoState, BunnyVideoFlag, BunnyVideoData]

# Cloudflare Stream live input
CloudflareLiveInputState = Literal["new", "connected", "disconnected", "errored"]
CloudflareLiveInputFlag = NoReturn
CloudflareLiveInputKind = Literal[
    "live_input.connected",
    "live_input.disconnected",
    "live_input.errored",
]
CloudflareLiveInputData = Literal[
    "notification",
    "error_code",
    "error_message",
    "video_codec",
    "audio_codec",
]
CloudflareLiveInputEvent = Event[
    Literal["cloudflare/live_input"],
    CloudflareLiveInputKind,
    CloudflareLiveInputState,
    CloudflareLiveInputFlag,
    CloudflareLiveInputData,
]
CloudflareLiveInputAsset = Asset[
    Literal["cloudflare/live_input"],
    CloudflareLiveInputState,
    CloudflareLiveInputFlag,
    CloudflareLiveInputData,
]

# Cloudflare Stream video
CloudflareVideoState = Literal[
    "new",
    "pendingupload",
    "downloading",
    "queued",
    "inprogress",
    "live-inprogress",
    "ready",
    "error",
]
CloudflareVideoFlag = NoReturn
CloudflareVideoKind = Literal[
    "pendingupload",
    "downloading",
    "queued",
    "inprogress",
    "live-inprogress",
    "ready",
    "error",
]
CloudflareVideoData = Literal[
    "title",
    "filename",
    "meta",
    "creator",
    "ready_to_stream",
    "percent",
    "duration",
    "size",
    "hls",
    "dash",
    "thumbnail",
    "error_code",
    "error_text",
]
CloudflareVideoEvent = Event[
    Literal["cloudflare/video"],
    CloudflareVideoKind,
    CloudflareVideoState,
    CloudflareVideoFlag,
    CloudflareVideoData,
]
CloudflareVideoAsset = Asset[
    Literal["cloudflare/video"],
    CloudflareVideoState,
    CloudflareVideoFlag,
    CloudflareVideoData,
]

# FastPix live stream
FastpixLiveStreamState = Literal[
    "new",
    "created",
    "preparing",
    "connected",
    "active",
    "disconnected",
    "idle",
    "disabled",
    "deleted",
]
FastpixLiveStreamFlag = Literal["recording"]
FastpixLiveStreamKind = Literal[
    "video.live_stream.created",
    "video.live_stream.preparing",
    "video.live_stream.connected",
    "video.live_stream.recording",
    "video.live_stream.active",
    "video.live_stream.disconnected",
    "video.live_stream.idle",
    "video.live_stream.updated",
    "video.live_stream.enabled",
    "video.live_stream.disabled",
    "video.live_stream.deleted",
]
FastpixLiveStreamData = Literal[
    "playback_ids",
    "max_resolution",
    "max_duration",
    "reconnect_window",
    "enable_recording",
    "metadata",
]
FastpixLiveStreamEvent = Event[
    Literal["fastpix/live_stream"],
    FastpixLiveStreamKind,
    FastpixLiveStreamState,
    FastpixLiveStreamFlag,
    FastpixLiveStreamData,
]
FastpixLiveStreamAsset = Asset[
    Literal["fastpix/live_stream"],
    FastpixLiveStreamState,
    FastpixLiveStreamFlag,
    FastpixLiveStreamData,
]

# FastPix media
FastpixMediaState = Literal["new", "created", "preparing", "ready", "failed", "deleted"]
FastpixMediaFlag = Literal[
    "intro",
    "outro",
    "expunge",
    "splicing",
    "impose_audio",
    "swap_audio",
    "watermark",
    "optimize_audio",
    "mp4_support",
    "source",
    "subtitle",
    "chapters",
    "named_entities",
    "summary",
    "moderation",
]
FastpixMediaKind = Literal[
    "video.media.created",
    "video.upload.media_created",
    "video.media.ready",
    "video.media.failed",
    "video.media.deleted",
    "video.media.updated",
    "video.media.live_stream.created",
    "video.media.intro.ready",
    "video.media.outro.ready",
    "video.media.expunge.ready",
    "video.media.splicing.ready",
    "video.media.imposeAudio.ready",
    "video.media.swapAudio.ready",
    "video.media.watermark.ready",
    "video.media.optimize_audio.ready",
    "video.media.mp4Support.ready",
    "video.media.source.ready",
    "video.media.source.deleted",
    "video.media.subtitle.generated.ready",
    "video.media.track.created",
    "video.media.track.ready",
    "video.media.track.failed",
    "video.media.track.updated",
    "video.media.track.deleted",
    "video.mediaAI.chapters.ready",
    "video.mediaAI.namedEntities.ready",
    "video.mediaAI.summary.ready",
    "video.mediaAI.moderation.ready",
]
FastpixMediaData = Literal[
    "playback_ids",
    "duration",
    "max_resolution",
    "source_resolution",
    "aspect_ratio",
    "thumbnail",
    "tracks",
    "mp4_support",
    "metadata",
    "title",
    "error",
]
FastpixMediaEvent = Event[
    Literal["fastpix/media"],
    FastpixMediaKind,
    FastpixMediaState,
    FastpixMediaFlag,
    FastpixMediaData,
]
FastpixMediaAsset = Asset[
    Literal["fastpix/media"],
    FastpixMediaState,
    FastpixMediaFlag,
    FastpixMediaData,
]

# FastPix simulcast target
FastpixSimulcastTargetState = Literal["new", "created", "deleted"]
FastpixSimulcastTargetFlag = NoReturn
FastpixSimulcastTargetKind = Literal[
    "video.live_stream.simulcast_target.created",
    "video.live_stream.simulcast_target.deleted",
    "video.live_stream.simulcast_target.updated",
]
FastpixSimulcastTargetData = Literal["url", "is_enabled", "metadata"]
FastpixSimulcastTargetEvent = Event[
    Literal["fastpix/simulcast_target"],
    FastpixSimulcastTargetKind,
    FastpixSimulcastTargetState,
    FastpixSimulcastTargetFlag,
    FastpixSimulcastTargetData,
]
FastpixSimulcastTargetAsset = Asset[
    Literal["fastpix/simulcast_target"],
    FastpixSimulcastTargetState,
    FastpixSimulcastTargetFlag,
    FastpixSimulcastTargetData,
]

# FastPix track
FastpixTrackState = Literal["new", "created", "ready", "failed", "deleted"]
FastpixTrackFlag = NoReturn
FastpixTrackKind = Literal[
    "video.media.track.created",
    "video.media.track.ready",
    "video.media.track.failed",
    "video.media.track.updated",
    "video.media.track.deleted",
]
FastpixTrackData = Literal["type", "language_code", "language_name", "url", "error"]
FastpixTrackEvent = Event[
    Literal["fastpix/track"],
    FastpixTrackKind,
    FastpixTrackState,
    FastpixTrackFlag,
    FastpixTrackData,
]
FastpixTrackAsset = Asset[
    Literal["fastpix/track"],
    FastpixTrackState,
    FastpixTrackFlag,
    FastpixTrackData,
]

# FastPix direct upload
FastpixUploadState = Literal["new", "waiting", "media_created", "cancelled"]
FastpixUploadFlag = NoReturn
FastpixUploadKind = Literal[
    "video.media.upload",
    "video.media.upload.cancelled",
    "video.upload.media_created",
]
FastpixUploadData = Literal["timeout", "cors_origin"]
FastpixUploadEvent = Event[
    Literal["fastpix/upload"],
    FastpixUploadKind,
    FastpixUploadState,
    FastpixUploadFlag,
    FastpixUploadData,
]
FastpixUploadAsset = Asset[
    Literal["fastpix/upload"],
    FastpixUploadState,
    FastpixUploadFlag,
    FastpixUploadData,
]

# JW Player live channel
JwplayerChannelState = Literal["new", "created", "active", "idle"]
JwplayerChannelFlag = NoReturn
JwplayerChannelKind = Literal["channel_created", "channel_active", "channel_idle"]
JwplayerChannelData = Literal["site_id"]
JwplayerChannelEvent = Event[
    Literal["jwplayer/channel"],
    JwplayerChannelKind,
    JwplayerChannelState,
    JwplayerChannelFlag,
    JwplayerChannelData,
]
JwplayerChannelAsset = Asset[
    Literal["jwplayer/channel"],
    JwplayerChannelState,
    JwplayerChannelFlag,
    JwplayerChannelData,
]

# JW Player media
JwplayerMediaState = Literal["new", "created", "available", "complete", "deleted"]
JwplayerMediaFlag = Literal["reuploaded"]
JwplayerMediaKind = Literal[
    "media_created",
    "media_available",
    "conversions_complete",
    "media_updated",
    "media_reuploaded",
    "media_deleted",
]
JwplayerMediaData = Literal["site_id"]
JwplayerMediaEvent = Event[
    Literal["jwplayer/media"],
    JwplayerMediaKind,
    JwplayerMediaState,
    JwplayerMediaFlag,
    JwplayerMediaData,
]
JwplayerMediaAsset = Asset[
    Literal["jwplayer/media"],
    JwplayerMediaState,
    JwplayerMediaFlag,
    JwplayerMediaData,
]

# LiveKit egress
LivekitEgressState = Literal["new", "starting", "active", "ending", "complete", "aborted", "failed"]
LivekitEgressFlag = NoReturn
LivekitEgressKind = Literal["egress_started", "egress_updated", "egress_ended"]
LivekitEgressData = Literal[
    "room_name",
    "files",
    "segments",
    "streams",
    "images",
    "manifest",
    "backup",
    "started_at",
    "ended_at",
    "error",
    "error_code",
    "details",
]
LivekitEgressEvent = Event[
    Literal["livekit/egress"],
    LivekitEgressKind,
    LivekitEgressState,
    LivekitEgressFlag,
    LivekitEgressData,
]
LivekitEgressAsset = Asset[
    Literal["livekit/egress"],
    LivekitEgressState,
    LivekitEgressFlag,
    LivekitEgressData,
]

# LiveKit ingress
LivekitIngressState = Literal["new", "publishing", "ended", "failed"]
LivekitIngressFlag = NoReturn
LivekitIngressKind = Literal["ingress_started", "ingress_ended"]
LivekitIngressData = Literal[
    "name",
    "input_type",
    "room_name",
    "participant",
    "reusable",
    "video",
    "audio",
    "error",
]
LivekitIngressEvent = Event[
    Literal["livekit/ingress"],
    LivekitIngressKind,
    LivekitIngressState,
    LivekitIngressFlag,
    LivekitIngressData,
]
LivekitIngressAsset = Asset[
    Literal["livekit/ingress"],
    LivekitIngressState,
    LivekitIngressFlag,
    LivekitIngressData,
]

# LiveKit room
LivekitRoomState = Literal["new", "open", "finished"]
LivekitRoomFlag = NoReturn
LivekitRoomKind = Literal[
    "room_started",
    "room_finished",
    "participant_joined",
    "participant_left",
    "participant_connection_aborted",
    "track_published",
    "track_unpublished",
]
LivekitRoomData = Literal["name", "metadata", "participants", "creation_time", "participant"]
LivekitRoomEvent = Event[
    Literal["livekit/room"],
    LivekitRoomKind,
    LivekitRoomState,
    LivekitRoomFlag,
    LivekitRoomData,
]
LivekitRoomAsset = Asset[
    Literal["livekit/room"],
    LivekitRoomState,
    LivekitRoomFlag,
    LivekitRoomData,
]

# Livepeer asset
LivepeerAssetState = Literal["new", "waiting", "processing", "ready", "failed", "deleted"]
LivepeerAssetFlag = NoReturn
LivepeerAssetKind = Literal[
    "asset.created",
    "asset.updated",
    "asset.ready",
    "asset.failed",
    "asset.deleted",
]
LivepeerAssetData = Literal[
    "name",
    "playback_id",
    "creator",
    "project",
    "source",
    "session_id",
    "duration",
    "size",
    "progress",
    "error",
]
LivepeerAssetEvent = Event[
    Literal["livepeer/asset"],
    LivepeerAssetKind,
    LivepeerAssetState,
    LivepeerAssetFlag,
    LivepeerAssetData,
]
LivepeerAssetAsset = Asset[
    Literal["livepeer/asset"],
    LivepeerAssetState,
    LivepeerAssetFlag,
    LivepeerAssetData,
]

# Livepeer stream
LivepeerStreamState = Literal["new", "active", "idle"]
LivepeerStreamFlag = Literal["recording", "recording_ready", "multistream_error"]
LivepeerStreamKind = Literal[
    "stream.started",
    "stream.idle",
    "stream.detection",
    "recording.started",
    "recording.waiting",
    "recording.ready",
    "multistream.connected",
    "multistream.disconnected",
    "multistream.error",
]
LivepeerStreamData = Literal[
    "name",
    "playback_id",
    "creator",
    "project",
    "session_id",
    "recording_id",
    "recording_url",
    "mp4_url",
    "target",
]
LivepeerStreamEvent = Event[
    Literal["livepeer/stream"],
    LivepeerStreamKind,
    LivepeerStreamState,
    LivepeerStreamFlag,
    LivepeerStreamData,
]
LivepeerStreamAsset = Asset[
    Literal["livepeer/stream"],
    LivepeerStreamState,
    LivepeerStreamFlag,
    LivepeerStreamData,
]

# Livepeer task
LivepeerTaskState = Literal["new", "waiting", "running", "completed", "failed"]
LivepeerTaskFlag = NoReturn
LivepeerTaskKind = Literal["task.spawned", "task.updated", "task.completed", "task.failed"]
LivepeerTaskData = Literal["type", "progress", "step", "tries", "error", "output_id", "input_id"]
LivepeerTaskEvent = Event[
    Literal["livepeer/task"],
    LivepeerTaskKind,
    LivepeerTaskState,
    LivepeerTaskFlag,
    LivepeerTaskData,
]
LivepeerTaskAsset = Asset[
    Literal["livepeer/task"],
    LivepeerTaskState,
    LivepeerTaskFlag,
    LivepeerTaskData,
]

# MediaConvert job
MediaconvertJobState = Literal["new", "submitted", "progressing", "complete", "canceled", "error"]
MediaconvertJobFlag = Literal["warning"]
MediaconvertJobKind = Literal[
    "QUEUE_HOP",
    "INPUT_INFORMATION",
    "PROGRESSING",
    "STATUS_UPDATE",
    "NEW_WARNING",
    "COMPLETE",
    "CANCELED",
    "ERROR",
]
MediaconvertJobData = Literal[
    "queue",
    "previous_queue",
    "user_metadata",
    "percent",
    "phase",
    "outputs",
    "inputs",
    "error_code",
    "error_message",
    "warning_code",
    "warning",
    "account",
    "region",
]
MediaconvertJobEvent = Event[
    Literal["mediaconvert/job"],
    MediaconvertJobKind,
    MediaconvertJobState,
    MediaconvertJobFlag,
    MediaconvertJobData,
]
MediaconvertJobAsset = Asset[
    Literal["mediaconvert/job"],
    MediaconvertJobState,
    MediaconvertJobFlag,
    MediaconvertJobData,
]

# MediaLive alert
MedialiveAlertState = Literal["new", "SET", "CLEARED"]
MedialiveAlertFlag = NoReturn
MedialiveAlertKind = Literal["SET", "CLEARED"]
MedialiveAlertData = Literal["alarm_id", "type", "message", "pipeline", "region", "account"]
MedialiveAlertEvent = Event[
    Literal["medialive/alert"],
    MedialiveAlertKind,
    MedialiveAlertState,
    MedialiveAlertFlag,
    MedialiveAlertData,
]
MedialiveAlertAsset = Asset[
    Literal["medialive/alert"],
    MedialiveAlertState,
    MedialiveAlertFlag,
    MedialiveAlertData,
]

# MediaLive channel
MedialiveChannelState = Literal[
    "new",
    "CREATING",
    "CREATED",
    "CREATE_FAILED",
    "STARTING",
    "RUNNING",
    "RECOVERING",
    "STOPPING",
    "STOPPED",
    "DELETING",
    "DELETED",
]
MedialiveChannelFlag = NoReturn
MedialiveChannelKind = Literal[
    "CREATING",
    "CREATED",
    "CREATE_FAILED",
    "STARTING",
    "RUNNING",
    "RECOVERING",
    "STOPPING",
    "STOPPED",
    "IDLE",
    "UPDATING",
    "UPDATE_FAILED",
    "DELETING",
    "DELETED",
    "MediaLive Channel Input Change",
]
MedialiveChannelData = Literal[
    "message",
    "pipelines",
    "pipeline",
    "input",
    "action",
    "region",
    "account",
]
MedialiveChannelEvent = Event[
    Literal["medialive/channel"],
    MedialiveChannelKind,
    MedialiveChannelState,
    MedialiveChannelFlag,
    MedialiveChannelData,
]
MedialiveChannelAsset = Asset[
    Literal["medialive/channel"],
    MedialiveChannelState,
    MedialiveChannelFlag,
    MedialiveChannelData,
]

# Mux asset
MuxAssetState = Literal["new", "preparing", "ready", "errored", "deleted"]
MuxAssetFlag = Literal["mp4", "master", "shots", "non_standard", "warning", "live_completed"]
MuxAssetKind = Literal[
    "video.asset.created",
    "video.asset.ready",
    "video.asset.errored",
    "video.asset.updated",
    "video.asset.deleted",
    "video.asset.live_stream_completed",
    "video.asset.warning",
    "video.asset.non_standard_input_detected",
    "video.asset.static_renditions.preparing",
    "video.asset.static_renditions.ready",
    "video.asset.static_renditions.errored",
    "video.asset.static_renditions.deleted",
    "video.asset.master.preparing",
    "video.asset.master.ready",
    "video.asset.master.errored",
    "video.asset.master.deleted",
    "video.asset.shots.created",
    "video.asset.shots.ready",
    "video.asset.shots.errored",
    "video.asset.shots.skipped",
    "video.asset.shots.deleted",
]
MuxAssetData = Literal[
    "playback_ids",
    "title",
    "external_id",
    "creator_id",
    "passthrough",
    "upload_id",
    "source_asset_id",
    "ingest_type",
    "duration",
    "aspect_ratio",
    "resolution_tier",
    "video_quality",
    "progress",
    "is_live",
    "test",
    "warning",
    "error",
]
MuxAssetEvent = Event[Literal["mux/asset"], MuxAssetKind, MuxAssetState, MuxAssetFlag, MuxAssetData]
MuxAssetAsset = Asset[Literal["mux/asset"], MuxAssetState, MuxAssetFlag, MuxAssetData]

# Mux live stream
MuxLiveStreamState = Literal[
    "new",
    "created",
    "connected",
    "active",
    "disconnected",
    "idle",
    "disabled",
    "deleted",
]
MuxLiveStreamFlag = Literal["recording", "warning"]
MuxLiveStreamKind = Literal[
    "video.live_stream.created",
    "video.live_stream.connected",
    "video.live_stream.recording",
    "video.live_stream.active",
    "video.live_stream.disconnected",
    "video.live_stream.idle",
    "video.live_stream.updated",
    "video.live_stream.warning",
    "video.live_stream.enabled",
    "video.live_stream.disabled",
    "video.live_stream.deleted",
]
MuxLiveStreamData = Literal[
    "playback_ids",
    "active_asset_id",
    "recent_asset_ids",
    "title",
    "passthrough",
    "latency_mode",
    "reconnect_window",
    "ingest_protocol",
    "test",
    "warning",
]
MuxLiveStreamEvent = Event[
    Literal["mux/live_stream"],
    MuxLiveStreamKind,
    MuxLiveStreamState,
    MuxLiveStreamFlag,
    MuxLiveStreamData,
]
MuxLiveStreamAsset = Asset[
    Literal["mux/live_stream"],
    MuxLiveStreamState,
    MuxLiveStreamFlag,
    MuxLiveStreamData,
]

# Mux Robots directive run
MuxRobotsDirectiveRunState = Literal["new", "created", "completed", "partial", "errored"]
MuxRobotsDirectiveRunFlag = NoReturn
MuxRobotsDirectiveRunKind = Literal[
    "robots.directive_run.created",
    "robots.directive_run.completed",
    "robots.directive_run.partial",
    "robots.directive_run.errored",
]
MuxRobotsDirectiveRunData = Literal["directive_id", "nodes"]
MuxRobotsDirectiveRunEvent = Event[
    Literal["mux/robots_directive_run"],
    MuxRobotsDirectiveRunKind,
    MuxRobotsDirectiveRunState,
    MuxRobotsDirectiveRunFlag,
    MuxRobotsDirectiveRunData,
]
MuxRobotsDirectiveRunAsset = Asset[
    Literal["mux/robots_directive_run"],
    MuxRobotsDirectiveRunState,
    MuxRobotsDirectiveRunFlag,
    MuxRobotsDirectiveRunData,
]

# Mux Robots job
MuxRobotsJobState = Literal["new", "pending", "processing", "completed", "errored", "cancelled"]
MuxRobotsJobFlag = NoReturn
MuxRobotsJobKind = Literal[
    "robots.job.*.pending",
    "robots.job.*.processing",
    "robots.job.*.completed",
    "robots.job.*.errored",
    "robots.job.*.cancelled",
]
MuxRobotsJobData = Literal["workflow", "units_consumed", "passthrough", "error"]
MuxRobotsJobEvent = Event[
    Literal["mux/robots_job"],
    MuxRobotsJobKind,
    MuxRobotsJobState,
    MuxRobotsJobFlag,
    MuxRobotsJobData,
]
MuxRobotsJobAsset = Asset[
    Literal["mux/robots_job"],
    MuxRobotsJobState,
    MuxRobotsJobFlag,
    MuxRobotsJobData,
]

# Mux simulcast target
MuxSimulcastTargetState = Literal[
    "new",
    "created",
    "starting",
    "broadcasting",
    "errored",
    "idle",
    "deleted",
]
MuxSimulcastTargetFlag = NoReturn
MuxSimulcastTargetKind = Literal[
    "video.live_stream.simulcast_target.created",
    "video.live_stream.simulcast_target.starting",
    "video.live_stream.simulcast_target.broadcasting",
    "video.live_stream.simulcast_target.errored",
    "video.live_stream.simulcast_target.idle",
    "video.live_stream.simulcast_target.updated",
    "video.live_stream.simulcast_target.deleted",
]
MuxSimulcastTargetData = Literal["url", "passthrough", "error_severity"]
MuxSimulcastTargetEvent = Event[
    Literal["mux/simulcast_target"],
    MuxSimulcastTargetKind,
    MuxSimulcastTargetState,
    MuxSimulcastTargetFlag,
    MuxSimulcastTargetData,
]
MuxSimulcastTargetAsset = Asset[
    Literal["mux/simulcast_target"],
    MuxSimulcastTargetState,
    MuxSimulcastTargetFlag,
    MuxSimulcastTargetData,
]

# Mux static rendition
MuxStaticRenditionState = Literal["new", "preparing", "ready", "skipped", "errored", "deleted"]
MuxStaticRenditionFlag = NoReturn
MuxStaticRenditionKind = Literal[
    "video.asset.static_rendition.created",
    "video.asset.static_rendition.ready",
    "video.asset.static_rendition.skipped",
    "video.asset.static_rendition.errored",
    "video.asset.static_rendition.deleted",
]
MuxStaticRenditionData = Literal[
    "name",
    "resolution",
    "resolution_tier",
    "filesize",
    "passthrough",
    "error",
]
MuxStaticRenditionEvent = Event[
    Literal["mux/static_rendition"],
    MuxStaticRenditionKind,
    MuxStaticRenditionState,
    MuxStaticRenditionFlag,
    MuxStaticRenditionData,
]
MuxStaticRenditionAsset = Asset[
    Literal["mux/static_rendition"],
    MuxStaticRenditionState,
    MuxStaticRenditionFlag,
    MuxStaticRenditionData,
]

# Mux track
MuxTrackState = Literal["new", "preparing", "ready", "errored", "deleted"]
MuxTrackFlag = NoReturn
MuxTrackKind = Literal[
    "video.asset.track.created",
    "video.asset.track.ready",
    "video.asset.track.errored",
    "video.asset.track.deleted",
]
MuxTrackData = Literal["type", "name", "language_code", "text_source", "passthrough", "error"]
MuxTrackEvent = Event[Literal["mux/track"], MuxTrackKind, MuxTrackState, MuxTrackFlag, MuxTrackData]
MuxTrackAsset = Asset[Literal["mux/track"], MuxTrackState, MuxTrackFlag, MuxTrackData]

# Mux direct upload
MuxUploadState = Literal["new", "waiting", "asset_created", "errored", "cancelled"]
MuxUploadFlag = NoReturn
MuxUploadKind = Literal[
    "video.upload.created",
    "video.upload.asset_created",
    "video.upload.errored",
    "video.upload.cancelled",
]
MuxUploadData = Literal[
    "asset_id",
    "timeout",
    "cors_origin",
    "passthrough",
    "title",
    "test",
    "error",
]
MuxUploadEvent = Event[
    Literal["mux/upload"],
    MuxUploadKind,
    MuxUploadState,
    MuxUploadFlag,
    MuxUploadData,
]
MuxUploadAsset = Asset[Literal["mux/upload"], MuxUploadState, MuxUploadFlag, MuxUploadData]

# Twilio Video composition
TwilioCompositionState = Literal["new", "enqueued", "started", "available", "failed"]
TwilioCompositionFlag = NoReturn
TwilioCompositionKind = Literal[
    "composition-enqueued",
    "composition-started",
    "composition-progress",
    "composition-available",
    "composition-failed",
]
TwilioCompositionData = Literal[
    "percent",
    "seconds_remaining",
    "duration",
    "size",
    "url",
    "external_url",
    "hook_sid",
    "hook_name",
    "failed_operation",
    "error_message",
    "account_sid",
]
TwilioCompositionEvent = Event[
    Literal["twilio/composition"],
    TwilioCompositionKind,
    TwilioCompositionState,
    TwilioCompositionFlag,
    TwilioCompositionData,
]
TwilioCompositionAsset = Asset[
    Literal["twilio/composition"],
    TwilioCompositionState,
    TwilioCompositionFlag,
    TwilioCompositionData,
]

# Twilio MediaProcessor
TwilioMediaProcessorState = Literal["new", "started", "ended", "failed"]
TwilioMediaProcessorFlag = NoReturn
TwilioMediaProcessorKind = Literal[
    "media-processor-started",
    "media-processor-ended",
    "media-processor-failed",
]
TwilioMediaProcessorData = Literal[
    "duration",
    "ended_reason",
    "error_message",
    "extension",
    "url",
    "account_sid",
]
TwilioMediaProcessorEvent = Event[
    Literal["twilio/media_processor"],
    TwilioMediaProcessorKind,
    TwilioMediaProcessorState,
    TwilioMediaProcessorFlag,
    TwilioMediaProcessorData,
]
TwilioMediaProcessorAsset = Asset[
    Literal["twilio/media_processor"],
    TwilioMediaProcessorState,
    TwilioMediaProcessorFlag,
    TwilioMediaProcessorData,
]

# Twilio PlayerStreamer
TwilioPlayerStreamerState = Literal["new", "started", "ended", "failed"]
TwilioPlayerStreamerFlag = NoReturn
TwilioPlayerStreamerKind = Literal["stream-started", "stream-ended", "stream-failed"]
TwilioPlayerStreamerData = Literal[
    "duration",
    "ended_reason",
    "error_message",
    "source",
    "url",
    "account_sid",
]
TwilioPlayerStreamerEvent = Event[
    Literal["twilio/player_streamer"],
    TwilioPlayerStreamerKind,
    TwilioPlayerStreamerState,
    TwilioPlayerStreamerFlag,
    TwilioPlayerStreamerData,
]
TwilioPlayerStreamerAsset = Asset[
    Literal["twilio/player_streamer"],
    TwilioPlayerStreamerState,
    TwilioPlayerStreamerFlag,
    TwilioPlayerStreamerData,
]

# Twilio Video recording
TwilioRecordingState = Literal["new", "started", "completed", "failed"]
TwilioRecordingFlag = NoReturn
TwilioRecordingKind = Literal["recording-started", "recording-completed", "recording-failed"]
TwilioRecordingData = Literal[
    "room_name",
    "participant_sid",
    "participant",
    "track",
    "source_sid",
    "type",
    "codec",
    "container",
    "duration",
    "size",
    "url",
    "external_url",
    "offset",
    "failed_operation",
    "account_sid",
]
TwilioRecordingEvent = Event[
    Literal["twilio/recording"],
    TwilioRecordingKind,
    TwilioRecordingState,
    TwilioRecordingFlag,
    TwilioRecordingData,
]
TwilioRecordingAsset = Asset[
    Literal["twilio/recording"],
    TwilioRecordingState,
    TwilioRecordingFlag,
    TwilioRecordingData,
]

# Twilio Video room
TwilioRoomState = Literal["new", "in-progress", "completed"]
TwilioRoomFlag = Literal["hook_failed"]
TwilioRoomKind = Literal[
    "room-created",
    "room-ended",
    "participant-connected",
    "participant-disconnected",
    "track-added",
    "track-removed",
    "track-enabled",
    "track-disabled",
    "composition-hook-failed",
]
TwilioRoomData = Literal["name", "type", "duration", "participant", "account_sid"]
TwilioRoomEvent = Event[
    Literal["twilio/room"],
    TwilioRoomKind,
    TwilioRoomState,
    TwilioRoomFlag,
    TwilioRoomData,
]
TwilioRoomAsset = Asset[Literal["twilio/room"], TwilioRoomState, TwilioRoomFlag, TwilioRoomData]

# VMS content
VmsContentState = Literal[
    "new",
    "CREATED",
    "DELETED",
    "ENCODE",
    "ERROR",
    "FAILED",
    "LINK_PROCESS",
    "PACKAGE",
    "PARTIAL_READY",
    "PURGE",
    "QUEUE",
    "READY",
    "TRANSFER",
    "UPLOAD_COMPLETE",
    "UPLOAD_FROM_3Party",
    "UPLOAD_FROM_FUPIB_WAD",
    "UPLOAD_FROM_FUPIB_W",
    "UPLOAD_FROM_FUPIB_W_ACTIVE",
    "UPLOAD_TO_BACKUP",
    "VALIDATE",
    "WAITING",
    "WAIT_USER_ORDER",
    "WORKER_QUEUE",
    "CANCEL",
]
VmsContentFlag = NoReturn
VmsContentKind = Literal[
    "CREATED",
    "DELETED",
    "ENCODE",
    "ERROR",
    "FAILED",
    "LINK_PROCESS",
    "PACKAGE",
    "PARTIAL_READY",
    "PURGE",
    "QUEUE",
    "READY",
    "TRANSFER",
    "UPLOAD_COMPLETE",
    "UPLOAD_FROM_3Party",
    "UPLOAD_FROM_FUPIB_WAD",
    "UPLOAD_FROM_FUPIB_W",
    "UPLOAD_FROM_FUPIB_W_ACTIVE",
    "UPLOAD_TO_BACKUP",
    "VALIDATE",
    "WAITING",
    "WAIT_USER_ORDER",
    "WORKER_QUEUE",
    "CANCEL",
]
VmsContentData = Literal[
    "ref_id",
    "name",
    "duration",
    "progress",
    "message",
    "service",
    "content_id",
    "links",
]
VmsContentEvent = Event[
    Literal["vms/content"],
    VmsContentKind,
    VmsContentState,
    VmsContentFlag,
    VmsContentData,
]
VmsContentAsset = Asset[Literal["vms/content"], VmsContentState, VmsContentFlag, VmsContentData]

# Wistia media
WistiaMediaState = Literal["new", "created", "processing", "ready", "failed", "deleted"]
WistiaMediaFlag = Literal["transcript", "translated", "localized"]
WistiaMediaKind = Literal[
    "media.created",
    "media.processing",
    "media.ready",
    "media.failed",
    "media.updated",
    "media.transcript_updated",
    "media.transcript_failed",
    "media.translation_created",
    "media.localization_created",
    "media.localization_failed",
    "media.deleted",
]
WistiaMediaData = Literal[
    "name",
    "duration",
    "url",
    "thumbnail",
    "project_id",
    "project",
    "language",
    "account",
]
WistiaMediaEvent = Event[
    Literal["wistia/media"],
    WistiaMediaKind,
    WistiaMediaState,
    WistiaMediaFlag,
    WistiaMediaData,
]
WistiaMediaAsset = Asset[
    Literal["wistia/media"],
    WistiaMediaState,
    WistiaMediaFlag,
    WistiaMediaData,
]

# Zoom cloud recording
ZoomRecordingState = Literal[
    "new",
    "recording",
    "paused",
    "stopped",
    "completed",
    "trashed",
    "deleted",
]
ZoomRecordingFlag = Literal["transcript"]
ZoomRecordingKind = Literal[
    "recording.started",
    "recording.paused",
    "recording.resumed",
    "recording.stopped",
    "recording.completed",
    "recording.transcript_completed",
    "recording.renamed",
    "recording.trashed",
    "recording.recovered",
    "recording.deleted",
    "recording.batch_recovered",
    "recording.batch_deleted",
    "recording.batch_trashed",
    "recording.registration_created",
    "recording.registration_approved",
    "recording.registration_denied",
]
ZoomRecordingData = Literal[
    "meeting_id",
    "topic",
    "type",
    "host_id",
    "host_email",
    "start_time",
    "timezone",
    "duration",
    "total_size",
    "file_count",
    "files",
    "share_url",
    "auto_delete",
    "operator",
    "account_id",
]
ZoomRecordingEvent = Event[
    Literal["zoom/recording"],
    ZoomRecordingKind,
    ZoomRecordingState,
    ZoomRecordingFlag,
    ZoomRecordingData,
]
ZoomRecordingAsset = Asset[
    Literal["zoom/recording"],
    ZoomRecordingState,
    ZoomRecordingFlag,
    ZoomRecordingData,
]

MediaEvent = Union[
    ApivideoLiveStreamEvent,
    ApivideoVideoEvent,
    BunnyVideoEvent,
    CloudflareLiveInputEvent,
    CloudflareVideoEvent,
    FastpixLiveStreamEvent,
    FastpixMediaEvent,
    FastpixSimulcastTargetEvent,
    FastpixTrackEvent,
    FastpixUploadEvent,
    JwplayerChannelEvent,
    JwplayerMediaEvent,
    LivekitEgressEvent,
    LivekitIngressEvent,
    LivekitRoomEvent,
    LivepeerAssetEvent,
    LivepeerStreamEvent,
    LivepeerTaskEvent,
    MediaconvertJobEvent,
    MedialiveAlertEvent,
    MedialiveChannelEvent,
    MuxAssetEvent,
    MuxLiveStreamEvent,
    MuxRobotsDirectiveRunEvent,
    MuxRobotsJobEvent,
    MuxSimulcastTargetEvent,
    MuxStaticRenditionEvent,
    MuxTrackEvent,
    MuxUploadEvent,
    TwilioCompositionEvent,
    TwilioMediaProcessorEvent,
    TwilioPlayerStreamerEvent,
    TwilioRecordingEvent,
    TwilioRoomEvent,
    VmsContentEvent,
    WistiaMediaEvent,
    ZoomRecordingEvent,
]
MediaAsset = Union[
    ApivideoLiveStreamAsset,
    ApivideoVideoAsset,
    BunnyVideoAsset,
    CloudflareLiveInputAsset,
    CloudflareVideoAsset,
    FastpixLiveStreamAsset,
    FastpixMediaAsset,
    FastpixSimulcastTargetAsset,
    FastpixTrackAsset,
    FastpixUploadAsset,
    JwplayerChannelAsset,
    JwplayerMediaAsset,
    LivekitEgressAsset,
    LivekitIngressAsset,
    LivekitRoomAsset,
    LivepeerAssetAsset,
    LivepeerStreamAsset,
    LivepeerTaskAsset,
    MediaconvertJobAsset,
    MedialiveAlertAsset,
    MedialiveChannelAsset,
    MuxAssetAsset,
    MuxLiveStreamAsset,
    MuxRobotsDirectiveRunAsset,
    MuxRobotsJobAsset,
    MuxSimulcastTargetAsset,
    MuxStaticRenditionAsset,
    MuxTrackAsset,
    MuxUploadAsset,
    TwilioCompositionAsset,
    TwilioMediaProcessorAsset,
    TwilioPlayerStreamerAsset,
    TwilioRecordingAsset,
    TwilioRoomAsset,
    VmsContentAsset,
    WistiaMediaAsset,
    ZoomRecordingAsset,
]
