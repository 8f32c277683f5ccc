//! What Asterisk knows of itself: modules, log channels, configuration objects.

use std::collections::{BTreeMap, BTreeSet};

/// The modules of an Asterisk that does what the simulator does. What stays loaded is what others stand on.
const STAYING: &[&str] = &[
    "app_stasis.so",
    "bridge_builtin_features.so",
    "bridge_holding.so",
    "bridge_simple.so",
    "bridge_softmix.so",
    "chan_pjsip.so",
    "pbx_config.so",
    "res_ari.so",
    "res_ari_applications.so",
    "res_ari_asterisk.so",
    "res_ari_bridges.so",
    "res_ari_channels.so",
    "res_ari_device_states.so",
    "res_ari_endpoints.so",
    "res_ari_events.so",
    "res_ari_mailboxes.so",
    "res_ari_model.so",
    "res_ari_playbacks.so",
    "res_ari_recordings.so",
    "res_ari_sounds.so",
    "res_http_websocket.so",
    "res_musiconhold.so",
    "res_pjsip.so",
    "res_stasis.so",
    "res_stasis_answer.so",
    "res_stasis_broadcast.so",
    "res_stasis_device_state.so",
    "res_stasis_playback.so",
    "res_stasis_recording.so",
    "res_stasis_snoop.so",
];
const GOING: &[&str] = &[
    "app_dial.so",
    "app_echo.so",
    "app_milliwatt.so",
    "app_playback.so",
    "app_read.so",
    "app_senddtmf.so",
    "app_stack.so",
    "app_stasis_broadcast.so",
    "app_verbose.so",
    "app_while.so",
    "codec_alaw.so",
    "codec_g722.so",
    "codec_gsm.so",
    "codec_ulaw.so",
    "format_gsm.so",
    "format_pcm.so",
    "format_sln.so",
    "format_wav.so",
    "format_wav_gsm.so",
    "func_callerid.so",
    "func_channel.so",
    "func_cut.so",
    "func_global.so",
    "func_logic.so",
    "func_math.so",
    "func_strings.so",
    "func_talkdetect.so",
    "func_timeout.so",
];

/// The kinds of objects that each class of configuration has.
const CLASSES: &[(&str, &[&str])] = &[
    (
        "res_pjsip",
        &["aor", "auth", "contact", "domain_alias", "endpoint", "global", "resource_list", "system", "transport"],
    ),
    ("res_pjsip_outbound_registration", &["registration"]),
    ("res_pjsip_endpoint_identifier_ip", &["identify"]),
    ("res_pjsip_publish_asterisk", &["asterisk-publication"]),
    (READ_ONLY, &["websocket_client"]),
];

/// Objects of this one come from a file only.
const READ_ONLY: &str = "res_websocket_client";

/// What a log channel writes, by its name.
const LEVELS: [&str; 7] = ["DEBUG", "NOTICE", "WARNING", "ERROR", "VERBOSE", "DTMF", "FAX"];

/// The log that is always there.
pub const MESSAGES: (&str, &str) = ("messages", "NOTICE WARNING ERROR ");

type Object = BTreeMap<String, String>;

#[derive(Default)]
pub struct System {
    unloaded: BTreeSet<&'static str>,
    /// Log channels that were added, with what they write.
    pub logs: BTreeMap<String, String>,
    /// By class, kind and id.
    objects: BTreeMap<(String, String, String), Object>,
}

impl System {
    /// The modules that are loaded.
    pub fn modules(&self) -> impl Iterator<Item = &'static str> + '_ {
        let all = STAYING.iter().chain(GOING).copied();
        all.filter(|name| !self.unloaded.contains(name))
    }

    pub fn has_module(&self, name: &str) -> bool {
        self.modules().any(|module| module == name)
    }

    /// Whether others need a module.
    pub fn is_needed(name: &str) -> bool {
        STAYING.contains(&name)
    }

    /// False for a module that there is not.
    pub fn load(&mut self, name: &str) -> bool {
        self.unloaded.remove(name)
    }

    pub fn unload(&mut self, name: &str) {
        self.unloaded.extend(GOING.iter().find(|module| **module == name));
    }

    /// What a log channel writes, in Asterisk's order and words; words it does not know are left out.
    pub fn levels(configuration: &[String]) -> String {
        let names: Vec<_> = configuration
            .iter()
            .map(|level| level.split('(').next().unwrap_or_default().to_ascii_uppercase())
            .collect();
        let all = names.iter().any(|name| name == "*");
        let written = LEVELS.into_iter().filter(|level| all || names.iter().any(|name| name == level));
        written.map(|level| format!("{level} ")).collect()
    }

    /// Which of the two names of a kind of configuration object there is not: the class, or the kind.
    pub fn check_kind(class: &str, kind: &str) -> Result<(), String> {
        match CLASSES.iter().find(|(known, _)| *known == class) {
            None => Err(format!("configClass '{class}' not found")),
            Some((_, kinds)) if !kinds.contains(&kind) => Err(format!("objectType '{kind}' not found")),
            Some(_) => Ok(()),
        }
    }

    pub fn is_read_only(class: &str) -> bool {
        class == READ_ONLY
    }

    pub fn object(&mut self, class: &str, kind: &str, id: &str) -> Option<&mut Object> {
        self.objects.get_mut(&(class.to_owned(), kind.to_owned(), id.to_owned()))
    }

    /// An object, which is made if it is not there.
    pub fn object_or_new(&mut self, class: &str, kind: &str, id: &str) -> &mut Object {
        self.objects.entry((class.to_owned(), kind.to_owned(), id.to_owned())).or_default()
    }

    /// False if there was none.
    pub fn delete_object(&mut self, class: &str, kind: &str, id: &str) -> bool {
        self.objects.remove(&(class.to_owned(), kind.to_owned(), id.to_owned())).is_some()
    }
}
