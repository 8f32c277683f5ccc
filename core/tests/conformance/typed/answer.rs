//! What the calls of each kind of answer give.

use std::future::IntoFuture;
use std::ops::Deref;

use ari_core::typed::DomainObject;
use ari_core::{Client, EventStream, ObjectKey, Result};
use base64::Engine;
use serde_json::{json, Value};

use super::fields::Field;
use super::Outcome;

/// A call that becomes this.
pub trait Call<T>: IntoFuture<Output = Result<T>, IntoFuture: Send> + Send + 'static {}

impl<T, C: IntoFuture<Output = Result<T>, IntoFuture: Send> + Send + 'static> Call<T> for C {}

pub fn nothing(call: impl Call<()>) -> Outcome {
    Box::pin(async move { call.await.map(|()| json!({ "nothing": true })) })
}

pub fn bytes(call: impl Call<Vec<u8>>) -> Outcome {
    Box::pin(async move {
        let bytes = call.await?;
        Ok(json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) }))
    })
}

pub fn json<T: Field + 'static>(call: impl Call<T>) -> Outcome {
    Box::pin(async move { Ok(json!({ "json": call.await?.value() })) })
}

pub fn object<T>(call: impl Call<T>, key: fn(&T) -> ObjectKey) -> Outcome
where
    T: DomainObject<Data: Field> + Deref<Target = T::Data> + 'static,
{
    Box::pin(async move {
        let object = call.await?;
        Ok(json!({ "json": (*object).value(), "object": key(&object).class }))
    })
}

pub fn objects<T>(call: impl Call<Vec<T>>, key: fn(&T) -> ObjectKey) -> Outcome
where
    T: DomainObject<Data: Field> + Deref<Target = T::Data> + 'static,
{
    Box::pin(async move {
        let objects = call.await?;
        let data: Value = objects.iter().filter_map(|object| (**object).value()).collect();
        let classes: Value = objects.iter().map(|object| key(object).class).collect();
        Ok(json!({ "json": data, "object": classes }))
    })
}

pub fn stream(call: impl Call<EventStream>, client: &Client) -> Outcome {
    let client = client.clone();
    Box::pin(async move {
        client.dispatch(&call.await?).await?;
        Ok(json!({}))
    })
}
