// The same instance for programs that import: a client made by one half is known to the other.
import ari from './index.js';

export default ari;

export const {
  connect,
  Client,
  AriPromise,
  version,
  AriException,
  IllegalInputException,
  UnprocessableException,
  UnauthorizedException,
  ForbiddenException,
  NotFoundException,
  IllegalStateException,
  PreconditionFailedException,
  ClientErrorException,
  AsteriskServerException,
  NoSuchMethodException,
  AsteriskUnknownException,
  ConnectionException,
  TimeoutException,
  ProtocolException,
  Application,
  Bridge,
  Channel,
  DeviceState,
  Endpoint,
  LiveRecording,
  Mailbox,
  Playback,
  Sound,
  StoredRecording,
  Asterisk,
} = ari;
