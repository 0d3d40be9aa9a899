#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/bus/provisioner.h"

namespace tally::client {

// A line of what `tally provision` tells.
struct ProvisionedSetting {
  std::string object;   // "stream ORDERS"
  std::string setting;  // empty: the object itself
  std::string was;
  std::string wanted;
  std::string done;    // "created", "left: --update changes it"; empty while nothing is decided
  bool right = false;  // it is as wanted now
};

// What an operator allows.
struct ProvisionWishes {
  bool create = true;
  bool update = false;  // change what differs
  bool adopt = false;   // let the durable feed another database
};

// One run of `tally provision`: looks, then mends what the wishes allow. Blocks.
class Provisioning {
 public:
  // `durable` without a description: the database it is to feed is not known. Then an existing one
  // keeps its database, and a missing one cannot be created.
  Provisioning(bus::Provisioner& provisioner, bus::StreamConfig stream, bus::DurableConfig durable,
               absl::Duration timeout);

  absl::Status Look();
  // The settings that only --update or --adopt would touch, after Look().
  int differences() const;
  // What the durable feeds, if that is not what it should; empty otherwise.
  const std::string& feeds_another() const { return feeds_another_; }

  void Mend(const ProvisionWishes& wishes);

  const std::vector<ProvisionedSetting>& settings() const { return settings_; }
  // All that was looked at is as wanted.
  bool AllRight() const;

 private:
  struct Item {
    bool of_stream;
    bus::Deviation deviation;
  };
  absl::Status LookAtDurable();
  void Add(bool of_stream, const std::vector<bus::Deviation>& deviations);
  void MendOne(const Item& item, const ProvisionWishes& wishes, ProvisionedSetting& setting);
  absl::Time Deadline() const;

  bus::Provisioner& provisioner_;
  const bus::StreamConfig stream_;
  bus::DurableConfig durable_;
  const absl::Duration timeout_;
  std::string feeds_another_;
  std::vector<Item> items_;  // one for each setting; field and wanted empty: as declared
  std::vector<ProvisionedSetting> settings_;
};

}  // namespace tally::client
