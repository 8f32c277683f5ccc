//! The dialplan.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub context: String,
    pub exten: String,
    pub priority: u32,
}
pub struct Dialplan;
impl Dialplan {
    pub fn parse(_text: &str) -> Result<Dialplan, String> {
        Ok(Dialplan)
    }
}
