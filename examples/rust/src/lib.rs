//! An interactive voice response in a few lines: a greeting, an answer to each key, and `#` to go on in the dialplan.

use ari_core::objects::Channel;
use ari_core::typed::DomainObject;
use ari_core::{Client, Event, Options, Result};
use clap::Parser;

/// The application of extension 1000 in the dialplan of scripts/asterisk/conf.
pub const APPLICATION: &str = "hello";

/// Where Asterisk is. The environment says it, or the command line.
#[derive(Parser)]
pub struct Server {
    #[arg(long, env = "ARI_URL", default_value = "http://localhost:8088")]
    url: String,
    #[arg(long, env = "ARI_USERNAME", default_value = "hey")]
    username: String,
    #[arg(long, env = "ARI_PASSWORD", default_value = "peekaboo", hide_env_values = true)]
    password: String,
}

impl Server {
    pub async fn connect(&self) -> Result<Client> {
        Client::connect(Options::new(&self.url, &self.username, &self.password)?).await
    }
}

/// Takes every call of the application until the events end.
pub async fn serve(client: &Client) -> Result<()> {
    let mut events = client.event_stream([APPLICATION]).await?;
    while let Some(event) = events.next().await {
        if let Err(error) = answer(client, &event?).await {
            eprintln!("{error}");
        }
    }
    Ok(())
}

/// What the IVR does at each event. A caller who hangs up in the middle is no reason to stop.
pub async fn answer(client: &Client, event: &Event) -> Result<()> {
    match event {
        Event::StasisStart(start) => {
            let channel = Channel::from_data(client, start.channel.clone());
            channel.answer().await?;
            channel.play(["sound:hello-world"]).await?;
        }
        Event::ChannelDtmfReceived(key) => {
            let channel = Channel::from_data(client, key.channel.clone());
            match key.digit.as_str() {
                "#" => channel.continue_in_dialplan().context("default").extension("goodbye").priority(1).await?,
                "*" => drop(channel.play(["sound:hello-world"]).await?),
                digit => drop(channel.play([format!("sound:digits/{digit}")]).await?),
            }
        }
        _ => {}
    }
    Ok(())
}
