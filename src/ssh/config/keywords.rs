//! The keywords of `ssh_config` that only get a warning, or nothing at all.

/// Says what the user has to know about an active line with a keyword that
/// has no effect here; `None` if that is nothing.
pub(super) fn remark(keyword: &str, value: &str) -> Option<String> {
    let value = value.to_ascii_lowercase();
    let (off, none) = (matches!(&*value, "no" | "false"), value == "none");
    let text = match keyword {
        "localcommand" if !none => "LocalCommand is never run",
        "permitlocalcommand" if !off => "local commands are never run",
        "knownhostscommand" if !none => "KnownHostsCommand is never run",
        "remotecommand" if !none => "RemoteCommand is not run",
        "stricthostkeychecking" if matches!(&*value, "no" | "off" | "false" | "accept-new") => {
            "host keys are checked strictly all the same"
        }
        "nohostauthenticationforlocalhost" if !off => "localhost's key is checked all the same",
        "verifyhostkeydns" if !off => "host keys are not looked up in DNS",
        "canonicalizehostname" if !off && !none => "host names are not completed",
        "forwardagent" | "forwardx11" if !off => "nothing is forwarded",
        "addressfamily" if value != "any" => "AddressFamily has no effect",
        "pubkeyauthentication" if off => "PubkeyAuthentication has no effect",
        "bindaddress"
        | "bindinterface"
        | "ciphers"
        | "macs"
        | "kexalgorithms"
        | "hostkeyalgorithms"
        | "casignaturealgorithms"
        | "pubkeyacceptedalgorithms"
        | "preferredauthentications"
        | "pkcs11provider" => {
            return Some(format!("{keyword} has no effect"));
        }
        other if SILENT.contains(&other) || other_case(other) => return None,
        other => return Some(format!("unknown keyword {other:?}")),
    };
    Some(text.to_owned())
}

/// Keywords of [`remark`] whose value turned out to be harmless.
fn other_case(keyword: &str) -> bool {
    matches!(
        keyword,
        "localcommand"
            | "permitlocalcommand"
            | "knownhostscommand"
            | "remotecommand"
            | "stricthostkeychecking"
            | "nohostauthenticationforlocalhost"
            | "verifyhostkeydns"
            | "canonicalizehostname"
            | "forwardagent"
            | "forwardx11"
            | "addressfamily"
            | "pubkeyauthentication"
    )
}

/// What is about terminals, forwarding, shared connections and the like, or
/// is obsolete: its absence surprises nobody.
const SILENT: &[&str] = &[
    "addkeystoagent",
    "batchmode",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "challengeresponseauthentication",
    "channeltimeout",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "compressionlevel",
    "connectionattempts",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hashknownhosts",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedkeytypes",
    "ignoreunknown",
    "ipqos",
    "kbdinteractiveauthentication",
    "kbdinteractivedevices",
    "keepalive",
    "localforward",
    "loglevel",
    "logverbose",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "passwordauthentication",
    "permitremoteopen",
    "protocol",
    "proxyusefdpass",
    "pubkeyacceptedkeytypes",
    "rekeylimit",
    "remoteforward",
    "requesttty",
    "requiredrsasize",
    "securitykeyprovider",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "setenv",
    "smartcarddevice",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tag",
    "tcpkeepalive",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "visualhostkey",
    "xauthlocation",
];
