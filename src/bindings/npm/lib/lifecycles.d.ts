/** What the definitions have names for: made by `mediafold types`. */
export interface Lifecycles {
  /** api.video live stream */
  "apivideo/live_stream": {
    state: "new" | "live" | "idle";
    flag: never;
    kind: "live-stream.broadcast.started" | "live-stream.broadcast.ended";
    data: never;
  };
  /** api.video video */
  "apivideo/video": {
    state: "new" | "processing" | "playable";
    flag:
      | "recording"
      | "mp4"
      | "hls_240p"
      | "hls_360p"
      | "hls_480p"
      | "hls_720p"
      | "hls_1080p"
      | "hls_2160p"
      | "captions"
      | "summary";
    kind:
      | "video.source.recorded"
      | "video.encoding.quality.completed"
      | "video.caption.generated"
      | "video.summary.generated";
    data: "quality" | "caption_id" | "caption_language" | "summary_id";
  };
  /** Bunny Stream video */
  "bunny/video": {
    state:
      | "new"
      | "uploading"
      | "uploaded"
      | "upload_failed"
      | "queued"
      | "processing"
      | "encoding"
      | "playable"
      | "finished"
      | "failed";
    flag: "captions" | "title";
    kind: "6" | "7" | "8" | "0" | "1" | "2" | "4" | "3" | "5" | "9" | "10";
    data: "library";
  };
  /** Cloudflare Stream live input */
  "cloudflare/live_input": {
    state: "new" | "connected" | "disconnected" | "errored";
    flag: never;
    kind: "live_input.connected" | "live_input.disconnected" | "live_input.errored";
    data: "notification" | "error_code" | "error_message" | "video_codec" | "audio_codec";
  };
  /** Cloudflare Stream video */
  "cloudflare/video": {
    state:
      | "new"
      | "pendingupload"
      | "downloading"
      | "queued"
      | "inprogress"
      | "live-inprogress"
      | "ready"
      | "error";
    flag: never;
    kind: "pendingupload" | "downloading" | "queued" | "inprogress" | "live-inprogress" | "ready" | "error";
    data:
      | "title"
      | "filename"
      | "meta"
      | "creator"
      | "ready_to_stream"
      | "percent"
      | "duration"
      | "size"
      | "hls"
      | "dash"
      | "thumbnail"
      | "error_code"
      | "error_text";
  };
  /** FastPix live stream */
  "fastpix/live_stream": {
    state:
      | "new"
      | "created"
      | "preparing"
      | "connected"
      | "active"
      | "disconnected"
      | "idle"
      | "disabled"
      | "deleted";
    flag: "recording";
    kind:
      | "video.live_stream.created"
      | "video.live_stream.preparing"
      | "video.live_stream.connected"
      | "video.live_stream.recording"
      | "video.live_stream.active"
      | "video.live_stream.disconnected"
      | "video.live_stream.idle"
      | "video.live_stream.updated"
      | "video.live_stream.enabled"
      | "video.live_stream.disabled"
      | "video.live_stream.deleted";
    data:
      | "playback_ids"
      | "max_resolution"
      | "max_duration"
      | "reconnect_window"
      | "enable_recording"
      | "metadata";
  };
  /** FastPix media */
  "fastpix/media": {
    state: "new" | "created" | "preparing" | "ready" | "failed" | "deleted";
    flag:
      | "intro"
      | "outro"
      | "expunge"
      | "splicing"
      | "impose_audio"
      | "swap_audio"
      | "watermark"
      | "optimize_audio"
      | "mp4_support"
      | "source"
      | "subtitle"
      | "chapters"
      | "named_entities"
      | "summary"
      | "moderation";
    kind:
      | "video.media.created"
      | "video.upload.media_created"
      | "video.media.ready"
      | "video.media.failed"
      | "video.media.deleted"
      | "video.media.updated"
      | "video.media.live_stream.created"
      | "video.media.intro.ready"
      | "video.media.outro.ready"
      | "video.media.expunge.ready"
      | "video.media.splicing.ready"
      | "video.media.imposeAudio.ready"
      | "video.media.swapAudio.ready"
      | "video.media.watermark.ready"
      | "video.media.optimize_audio.ready"
      | "video.media.mp4Support.ready"
      | "video.media.source.ready"
      | "video.media.source.deleted"
      | "video.media.subtitle.generated.ready"
      | "video.media.track.created"
      | "video.media.track.ready"
      | "video.media.track.failed"
      | "video.media.track.updated"
      | "video.media.track.deleted"
      | "video.mediaAI.chapters.ready"
      | "video.mediaAI.namedEntities.ready"
      | "video.mediaAI.summary.ready"
      | "video.mediaAI.moderation.ready";
    data:
      | "playback_ids"
      | "duration"
      | "max_resolution"
      | "source_resolution"
      | "aspect_ratio"
      | "thumbnail"
      | "tracks"
      | "mp4_support"
      | "metadata"
      | "title"
      | "error";
  };
  /** FastPix simulcast target */
  "fastpix/simulcast_target": {
    state: "new" | "created" | "deleted";
    flag: never;
    kind:
      | "video.live_stream.simulcast_target.created"
      | "video.live_stream.simulcast_target.deleted"
      | "video.live_stream.simulcast_target.updated";
    data: "url" | "is_enabled" | "metadata";
  };
  /** FastPix track */
  "fastpix/track": {
    state: "new" | "created" | "ready" | "failed" | "deleted";
    flag: never;
    kind:
      | "video.media.track.created"
      | "video.media.track.ready"
      | "video.media.track.failed"
      | "video.media.track.updated"
      | "video.media.track.deleted";
    data: "type" | "language_code" | "language_name" | "url" | "error";
  };
  /** FastPix direct upload */
  "fastpix/upload": {
    state: "new" | "waiting" | "media_created" | "cancelled";
    flag: never;
    kind: "video.media.upload" | "video.media.upload.cancelled" | "video.upload.media_created";
    data: "timeout" | "cors_origin";
  };
  /** JW Player live channel */
  "jwplayer/channel": {
    state: "new" | "created" | "active" | "idle";
    flag: never;
    kind: "channel_created" | "channel_active" | "channel_idle";
    data: "site_id";
  };
  /** JW Player media */
  "jwplayer/media": {
    state: "new" | "created" | "available" | "complete" | "deleted";
    flag: "reuploaded";
    kind:
      | "media_created"
      | "media_available"
      | "conversions_complete"
      | "media_updated"
      | "media_reuploaded"
      | "media_deleted";
    data: "site_id";
  };
  /** LiveKit egress */
  "livekit/egress": {
    state: "new" | "starting" | "active" | "ending" | "complete" | "aborted" | "failed";
    flag: never;
    kind: "egress_started" | "egress_updated" | "egress_ended";
    data:
      | "room_name"
      | "files"
      | "segments"
      | "streams"
      | "images"
      | "manifest"
      | "backup"
      | "started_at"
      | "ended_at"
      | "error"
      | "error_code"
      | "details";
  };
  /** LiveKit ingress */
  "livekit/ingress": {
    state: "new" | "publishing" | "ended" | "failed";
    flag: never;
    kind: "ingress_started" | "ingress_ended";
    data: "name" | "input_type" | "room_name" | "participant" | "reusable" | "video" | "audio" | "error";
  };
  /** LiveKit room */
  "livekit/room": {
    state: "new" | "open" | "finished";
    flag: never;
    kind:
      | "room_started"
      | "room_finished"
      | "participant_joined"
      | "participant_left"
      | "participant_connection_aborted"
      | "track_published"
      | "track_unpublished";
    data: "name" | "metadata" | "participants" | "creation_time" | "participant";
  };
  /** Livepeer asset */
  "livepeer/asset": {
    state: "new" | "waiting" | "processing" | "ready" | "failed" | "deleted";
    flag: never;
    kind: "asset.created" | "asset.updated" | "asset.ready" | "asset.failed" | "asset.deleted";
    data:
      | "name"
      | "playback_id"
      | "creator"
      | "project"
      | "source"
      | "session_id"
      | "duration"
      | "size"
      | "progress"
      | "error";
  };
  /** Livepeer stream */
  "livepeer/stream": {
    state: "new" | "active" | "idle";
    flag: "recording" | "recording_ready" | "multistream_error";
    kind:
      | "stream.started"
      | "stream.idle"
      | "stream.detection"
      | "recording.started"
      | "recording.waiting"
      | "recording.ready"
      | "multistream.connected"
      | "multistream.disconnected"
      | "multistream.error";
    data:
      | "name"
      | "playback_id"
      | "creator"
      | "project"
      | "session_id"
      | "recording_id"
      | "recording_url"
      | "mp4_url"
      | "target";
  };
  /** Livepeer task */
  "livepeer/task": {
    state: "new" | "waiting" | "running" | "completed" | "failed";
    flag: never;
    kind: "task.spawned" | "task.updated" | "task.completed" | "task.failed";
    data: "type" | "progress" | "step" | "tries" | "error" | "output_id" | "input_id";
  };
  /** MediaConvert job */
  "mediaconvert/job": {
    state: "new" | "submitted" | "progressing" | "complete" | "canceled" | "error";
    flag: "warning";
    kind:
      | "QUEUE_HOP"
      | "INPUT_INFORMATION"
      | "PROGRESSING"
      | "STATUS_UPDATE"
      | "NEW_WARNING"
      | "COMPLETE"
      | "CANCELED"
      | "ERROR";
    data:
      | "queue"
      | "previous_queue"
      | "user_metadata"
      | "percent"
      | "phase"
      | "outputs"
      | "inputs"
      | "error_code"
      | "error_message"
      | "warning_code"
      | "warning"
      | "account"
      | "region";
  };
  /** MediaLive alert */
  "medialive/alert": {
    state: "new" | "SET" | "CLEARED";
    flag: never;
    kind: "SET" | "CLEARED";
    data: "alarm_id" | "type" | "message" | "pipeline" | "region" | "account";
  };
  /** MediaLive channel */
  "medialive/channel": {
    state:
      | "new"
      | "CREATING"
      | "CREATED"
      | "CREATE_FAILED"
      | "STARTING"
      | "RUNNING"
      | "RECOVERING"
      | "STOPPING"
      | "STOPPED"
      | "DELETING"
      | "DELETED";
    flag: never;
    kind:
      | "CREATING"
      | "CREATED"
      | "CREATE_FAILED"
      | "STARTING"
      | "RUNNING"
      | "RECOVERING"
      | "STOPPING"
      | "STOPPED"
      | "IDLE"
      | "UPDATING"
      | "UPDATE_FAILED"
      | "DELETING"
      | "DELETED"
      | "MediaLive Channel Input Change";
    data: "message" | "pipelines" | "pipeline" | "input" | "action" | "region" | "account";
  };
  /** Mux asset */
  "mux/asset": {
    state: "new" | "preparing" | "ready" | "errored" | "deleted";
    flag: "mp4" | "master" | "shots" | "non_standard" | "warning" | "live_completed";
    kind:
      | "video.asset.created"
      | "video.asset.ready"
      | "video.asset.errored"
      | "video.asset.updated"
      | "video.asset.deleted"
      | "video.asset.live_stream_completed"
      | "video.asset.warning"
      | "video.asset.non_standard_input_detected"
      | "video.asset.static_renditions.preparing"
      | "video.asset.static_renditions.ready"
      | "video.asset.static_renditions.errored"
      | "video.asset.static_renditions.deleted"
      | "video.asset.master.preparing"
      | "video.asset.master.ready"
      | "video.asset.master.errored"
      | "video.asset.master.deleted"
      | "video.asset.shots.created"
      | "video.asset.shots.ready"
      | "video.asset.shots.errored"
      | "video.asset.shots.skipped"
      | "video.asset.shots.deleted";
    data:
      | "playback_ids"
      | "title"
      | "external_id"
      | "creator_id"
      | "passthrough"
      | "upload_id"
      | "source_asset_id"
      | "ingest_type"
      | "duration"
      | "aspect_ratio"
      | "resolution_tier"
      | "video_quality"
      | "progress"
      | "is_live"
      | "test"
      | "warning"
      | "error";
  };
  /** Mux live stream */
  "mux/live_stream": {
    state: "new" | "created" | "connected" | "active" | "disconnected" | "idle" | "disabled" | "deleted";
    flag: "recording" | "warning";
    kind:
      | "video.live_stream.created"
      | "video.live_stream.connected"
      | "video.live_stream.recording"
      | "video.live_stream.active"
      | "video.live_stream.disconnected"
      | "video.live_stream.idle"
      | "video.live_stream.updated"
      | "video.live_stream.warning"
      | "video.live_stream.enabled"
      | "video.live_stream.disabled"
      | "video.live_stream.deleted";
    data:
      | "playback_ids"
      | "active_asset_id"
      | "recent_asset_ids"
      | "title"
      | "passthrough"
      | "latency_mode"
      | "reconnect_window"
      | "ingest_protocol"
      | "test"
      | "warning";
  };
  /** Mux Robots directive run */
  "mux/robots_directive_run": {
    state: "new" | "created" | "completed" | "partial" | "errored";
    flag: never;
    kind:
      | "robots.directive_run.created"
      | "robots.directive_run.completed"
      | "robots.directive_run.partial"
      | "robots.directive_run.errored";
    data: "directive_id" | "nodes";
  };
  /** Mux Robots job */
  "mux/robots_job": {
    state: "new" | "pending" | "processing" | "completed" | "errored" | "cancelled";
    flag: never;
    kind:
      | "robots.job.*.pending"
      | "robots.job.*.processing"
      | "robots.job.*.completed"
      | "robots.job.*.errored"
      | "robots.job.*.cancelled";
    data: "workflow" | "units_consumed" | "passthrough" | "error";
  };
  /** Mux simulcast target */
  "mux/simulcast_target": {
    state: "new" | "created" | "starting" | "broadcasting" | "errored" | "idle" | "deleted";
    flag: never;
    kind:
      | "video.live_stream.simulcast_target.created"
      | "video.live_stream.simulcast_target.starting"
      | "video.live_stream.simulcast_target.broadcasting"
      | "video.live_stream.simulcast_target.errored"
      | "video.live_stream.simulcast_target.idle"
      | "video.live_stream.simulcast_target.updated"
      | "video.live_stream.simulcast_target.deleted";
    data: "url" | "passthrough" | "error_severity";
  };
  /** Mux static rendition */
  "mux/static_rendition": {
    state: "new" | "preparing" | "ready" | "skipped" | "errored" | "deleted";
    flag: never;
    kind:
      | "video.asset.static_rendition.created"
      | "video.asset.static_rendition.ready"
      | "video.asset.static_rendition.skipped"
      | "video.asset.static_rendition.errored"
      | "video.asset.static_rendition.deleted";
    data: "name" | "resolution" | "resolution_tier" | "filesize" | "passthrough" | "error";
  };
  /** Mux track */
  "mux/track": {
    state: "new" | "preparing" | "ready" | "errored" | "deleted";
    flag: never;
    kind:
      | "video.asset.track.created"
      | "video.asset.track.ready"
      | "video.asset.track.errored"
      | "video.asset.track.deleted";
    data: "type" | "name" | "language_code" | "text_source" | "passthrough" | "error";
  };
  /** Mux direct upload */
  "mux/upload": {
    state: "new" | "waiting" | "asset_created" | "errored" | "cancelled";
    flag: never;
    kind:
      | "video.upload.created"
      | "video.upload.asset_created"
      | "video.upload.errored"
      | "video.upload.cancelled";
    data: "asset_id" | "timeout" | "cors_origin" | "passthrough" | "title" | "test" | "error";
  };
  /** Twilio Video composition */
  "twilio/composition": {
    state: "new" | "enqueued" | "started" | "available" | "failed";
    flag: never;
    kind:
      | "composition-enqueued"
      | "composition-started"
      | "composition-progress"
      | "composition-available"
      | "composition-failed";
    data:
      | "percent"
      | "seconds_remaining"
      | "duration"
      | "size"
      | "url"
      | "external_url"
      | "hook_sid"
      | "hook_name"
      | "failed_operation"
      | "error_message"
      | "account_sid";
  };
  /** Twilio MediaProcessor */
  "twilio/media_processor": {
    state: "new" | "started" | "ended" | "failed";
    flag: never;
    kind: "media-processor-started" | "media-processor-ended" | "media-processor-failed";
    data: "duration" | "ended_reason" | "error_message" | "extension" | "url" | "account_sid";
  };
  /** Twilio PlayerStreamer */
  "twilio/player_streamer": {
    state: "new" | "started" | "ended" | "failed";
    flag: never;
    kind: "stream-started" | "stream-ended" | "stream-failed";
    data: "duration" | "ended_reason" | "error_message" | "source" | "url" | "account_sid";
  };
  /** Twilio Video recording */
  "twilio/recording": {
    state: "new" | "started" | "completed" | "failed";
    flag: never;
    kind: "recording-started" | "recording-completed" | "recording-failed";
    data:
      | "room_name"
      | "participant_sid"
      | "participant"
      | "track"
      | "source_sid"
      | "type"
      | "codec"
      | "container"
      | "duration"
      | "size"
      | "url"
      | "external_url"
      | "offset"
      | "failed_operation"
      | "account_sid";
  };
  /** Twilio Video room */
  "twilio/room": {
    state: "new" | "in-progress" | "completed";
    flag: "hook_failed";
    kind:
      | "room-created"
      | "room-ended"
      | "participant-connected"
      | "participant-disconnected"
      | "track-added"
      | "track-removed"
      | "track-enabled"
      | "track-disabled"
      | "composition-hook-failed";
    data: "name" | "type" | "duration" | "participant" | "account_sid";
  };
  /** VMS content */
  "vms/content": {
    state:
      | "new"
      | "CREATED"
      | "DELETED"
      | "ENCODE"
      | "ERROR"
      | "FAILED"
      | "LINK_PROCESS"
      | "PACKAGE"
      | "PARTIAL_READY"
      | "PURGE"
      | "QUEUE"
      | "READY"
      | "TRANSFER"
      | "UPLOAD_COMPLETE"
      | "UPLOAD_FROM_3Party"
      | "UPLOAD_FROM_FUPIB_WAD"
      | "UPLOAD_FROM_FUPIB_W"
      | "UPLOAD_FROM_FUPIB_W_ACTIVE"
      | "UPLOAD_TO_BACKUP"
      | "VALIDATE"
      | "WAITING"
      | "WAIT_USER_ORDER"
      | "WORKER_QUEUE"
      | "CANCEL";
    flag: never;
    kind:
      | "CREATED"
      | "DELETED"
      | "ENCODE"
      | "ERROR"
      | "FAILED"
      | "LINK_PROCESS"
      | "PACKAGE"
      | "PARTIAL_READY"
      | "PURGE"
      | "QUEUE"
      | "READY"
      | "TRANSFER"
      | "UPLOAD_COMPLETE"
      | "UPLOAD_FROM_3Party"
      | "UPLOAD_FROM_FUPIB_WAD"
      | "UPLOAD_FROM_FUPIB_W"
      | "UPLOAD_FROM_FUPIB_W_ACTIVE"
      | "UPLOAD_TO_BACKUP"
      | "VALIDATE"
      | "WAITING"
      | "WAIT_USER_ORDER"
      | "WORKER_QUEUE"
      | "CANCEL";
    data: "ref_id" | "name" | "duration" | "progress" | "message" | "service" | "content_id" | "links";
  };
  /** Wistia media */
  "wistia/media": {
    state: "new" | "created" | "processing" | "ready" | "failed" | "deleted";
    flag: "transcript" | "translated" | "localized";
    kind:
      | "media.created"
      | "media.processing"
      | "media.ready"
      | "media.failed"
      | "media.updated"
      | "media.transcript_updated"
      | "media.transcript_failed"
      | "media.translation_created"
      | "media.localization_created"
      | "media.localization_failed"
      | "media.deleted";
    data: "name" | "duration" | "url" | "thumbnail" | "project_id" | "project" | "language" | "account";
  };
  /** Zoom cloud recording */
  "zoom/recording": {
    state: "new" | "recording" | "paused" | "stopped" | "completed" | "trashed" | "deleted";
    flag: "transcript";
    kind:
      | "recording.started"
      | "recording.paused"
      | "recording.resumed"
      | "recording.stopped"
      | "recording.completed"
      | "recording.transcript_completed"
      | "recording.renamed"
      | "recording.trashed"
      | "recording.recovered"
      | "recording.deleted"
      | "recording.batch_recovered"
      | "recording.batch_deleted"
      | "recording.batch_trashed"
      | "recording.registration_created"
      | "recording.registration_approved"
      | "recording.registration_denied";
    data:
      | "meeting_id"
      | "topic"
      | "type"
      | "host_id"
      | "host_email"
      | "start_time"
      | "timezone"
      | "duration"
      | "total_size"
      | "file_count"
      | "files"
      | "share_url"
      | "auto_delete"
      | "operator"
      | "account_id";
  };
}
