namespace LiveHub.Redis;

/// <summary>Redis is well, but its log is not the one that this node has, or is to be begun anew: the node joins it again.</summary>
internal sealed class AnotherLogException(string message) : Exception(message);
