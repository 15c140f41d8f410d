using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

[TestClass]
public class DurationTests
{
    [TestMethod]
    [DataRow("90s", 90.0)]
    [DataRow("90", 90.0)]
    [DataRow("25m", 1500.0)]
    [DataRow("1h30m", 5400.0)]
    [DataRow("1.5h", 5400.0)]
    [DataRow("0:25:00", 1500.0)]
    public void ReadsWhatPeopleWrite(string text, double seconds) =>
        Assert.AreEqual(seconds, Duration.Parse(text).TotalSeconds);

    [TestMethod]
    [DataRow("")]
    [DataRow("0s")]
    [DataRow("-5m")]
    [DataRow("soon")]
    [DataRow("5m2h")]
    [DataRow("99999999999999999999h")]
    public void RefusesTheRest(string text) =>
        StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => Duration.Parse(text)).Message, text);

    [TestMethod]
    [DataRow(9.9, "9s")]
    [DataRow(70.0, "1m10s")]
    [DataRow(5400.0, "1h30m")]
    [DataRow(97200.0, "1d3h")]
    public void WritesTheTwoLargestUnits(double seconds, string text) => Assert.AreEqual(text, Duration.Format(TimeSpan.FromSeconds(seconds)));
}
