//! What the engine says about its disk usage. bollard's type drops the shape of API < 1.52.

use super::{CacheRecord, Docker, DockerError};
use serde::Deserialize;

/// The engine's own accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Df {
    /// Bytes of all image layers, each counted once.
    pub layers_size: Option<u64>,
    /// Its images, with what they share.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub images: Vec<DfImage>,
    /// Its volumes.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub volumes: Vec<DfVolume>,
    /// The build cache's records.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub build_cache: Vec<CacheRecord>,
}

/// An image's share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DfImage {
    /// Its full ID.
    pub id: String,
    /// Bytes of all its layers.
    #[serde(default)]
    pub size: i64,
    /// Bytes that other images use too; -1 where the engine did not count.
    #[serde(default)]
    pub shared_size: i64,
}

/// A volume's size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DfVolume {
    /// Its name.
    pub name: String,
    /// Its usage, for drivers that know it.
    pub usage_data: Option<DfUsage>,
}

/// A volume's usage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DfUsage {
    /// Bytes; -1 where not known.
    #[serde(default)]
    pub size: i64,
}

impl DfVolume {
    /// Its bytes, where they were counted.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        u64::try_from(self.usage_data.as_ref()?.size).ok()
    }
}

impl Df {
    /// Bytes of the build cache that nothing shares.
    #[must_use]
    pub fn cache_bytes(&self) -> u64 {
        self.build_cache.iter().map(CacheRecord::own_bytes).sum()
    }

    /// Bytes of all volumes whose driver knows them.
    #[must_use]
    pub fn volume_bytes(&self) -> u64 {
        self.volumes.iter().filter_map(DfVolume::bytes).sum()
    }
}

impl Docker {
    /// The engine's accounts. From API 1.42 on only images and build cache are counted,
    /// since walking containers and volumes can take minutes; before, it is all or nothing.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn df(&self) -> Result<Df, DockerError> {
        self.accounts("?type=image&type=build-cache").await
    }

    /// The build cache alone, where the engine can be asked for it.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn cache_records(&self) -> Result<Vec<CacheRecord>, DockerError> {
        Ok(self.accounts("?type=build-cache").await?.build_cache)
    }

    /// The bytes of volumes; `None` where they cannot be asked for apart from the rest.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn volume_sizes(&self) -> Result<Option<Vec<DfVolume>>, DockerError> {
        if self.minor < 42 {
            return Ok(None);
        }
        Ok(Some(self.accounts("?type=volume").await?.volumes))
    }

    /// Engines below API 1.42 count everything, whatever they are asked for.
    async fn accounts(&self, types: &str) -> Result<Df, DockerError> {
        let types = if self.minor >= 42 { types } else { "" };
        let answer = self.transport.get(&format!("/system/df{types}")).await?;
        serde_json::from_slice(answer.body())
            .map_err(|e| DockerError::Answer(format!("/system/df: {e}")))
    }
}

/// Go marshals an empty list as `null`.
pub(super) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Df;

    #[test]
    fn both_an_old_and_an_empty_answer_are_read() {
        let df: Df = serde_json::from_str(
            r#"{"LayersSize":1092588,"Images":[{"Id":"sha256:2b","Size":1092588,"SharedSize":0,"Labels":null}],
                "Containers":null,"Volumes":[{"Name":"v","UsageData":{"Size":10,"RefCount":1}}],
                "BuildCache":[{"ID":"a","Size":5,"InUse":false,"Shared":true},{"ID":"b","Size":7}],"BuilderSize":12}"#,
        )
        .unwrap();
        assert_eq!((df.layers_size, df.cache_bytes(), df.volume_bytes()), (Some(1_092_588), 7, 10));
        let empty: Df = serde_json::from_str(r#"{"LayersSize":0,"Images":null}"#).unwrap();
        assert_eq!(empty, Df { layers_size: Some(0), ..Df::default() });
    }
}
