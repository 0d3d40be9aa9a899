#include "tests/simulation/memory_files.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tally::simulation {
namespace {

constexpr int kSectorSize = 4096;
// SQLite begins the memory that connections share with two copies of a header; without a valid one
// it is derived from the log anew.
constexpr size_t kSharedHeaderSize = 136;

}  // namespace

struct MemoryFiles::File {
  std::string bytes;
  std::vector<std::unique_ptr<char[]>> shared;  // memory between its connections, by page
  std::vector<Handle*> handles;
};

// SQLite's own allocation, which begins with what it knows of a file.
struct MemoryFiles::Handle {
  sqlite3_file base;
  std::shared_ptr<File> file;
  int lock = SQLITE_LOCK_NONE;
  unsigned shared_locks = 0;  // of the shared memory, a bit for each
  unsigned exclusive_locks = 0;

  template <typename Predicate>
  bool AnyOther(Predicate predicate) const {
    return std::any_of(file->handles.begin(), file->handles.end(),
                       [&](const Handle* other) { return other != this && predicate(*other); });
  }
};

// What SQLite calls.
struct MemoryFiles::Calls {
  static Handle& Of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* opened, int flags,
                  int* flags_out) {
    static constexpr sqlite3_io_methods kMethods = {
        .iVersion = 2,
        .xClose = Close,
        .xRead = Read,
        .xWrite = Write,
        .xTruncate = Truncate,
        .xSync = [](sqlite3_file*, int) { return SQLITE_OK; },
        .xFileSize = FileSize,
        .xLock = Lock,
        .xUnlock = Unlock,
        .xCheckReservedLock = CheckReservedLock,
        .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
        .xSectorSize = [](sqlite3_file*) { return kSectorSize; },
        .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
        .xShmMap = ShmMap,
        .xShmLock = ShmLock,
        .xShmBarrier = [](sqlite3_file*) {},
        .xShmUnmap = ShmUnmap,
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    auto& files = *static_cast<MemoryFiles*>(vfs->pAppData);
    // Without a path it is a file that nobody else sees.
    std::shared_ptr<File> file = path == nullptr
                                     ? std::make_shared<File>()
                                     : files.Find(path, (flags & SQLITE_OPEN_CREATE) != 0);
    opened->pMethods = nullptr;
    if (file == nullptr) return SQLITE_CANTOPEN;
    auto* handle = new (opened) Handle{.base = {&kMethods}, .file = std::move(file)};
    handle->file->handles.push_back(handle);
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int Delete(sqlite3_vfs* vfs, const char* path, int) {
    auto& files = *static_cast<MemoryFiles*>(vfs->pAppData);
    absl::MutexLock lock(&files.mutex_);
    return files.files_.erase(path) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
  }

  static int Access(sqlite3_vfs* vfs, const char* path, int, int* result) {
    *result = static_cast<MemoryFiles*>(vfs->pAppData)->Find(path, false) != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int FullPathname(sqlite3_vfs*, const char* path, int size, char* full) {
    sqlite3_snprintf(size, full, "%s", path);
    return SQLITE_OK;
  }

  static int Close(sqlite3_file* file) {
    Handle& handle = Of(file);
    std::erase(handle.file->handles, &handle);
    handle.~Handle();
    return SQLITE_OK;
  }

  static int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    const std::string& bytes = Of(file).file->bytes;
    const size_t begin = std::min(static_cast<size_t>(offset), bytes.size());
    const size_t count = std::min(static_cast<size_t>(size), bytes.size() - begin);
    std::memcpy(to, bytes.data() + begin, count);
    std::memset(static_cast<char*>(to) + count, 0, static_cast<size_t>(size) - count);
    return count == static_cast<size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    std::string& bytes = Of(file).file->bytes;
    const size_t end = static_cast<size_t>(offset) + static_cast<size_t>(size);
    if (bytes.size() < end) bytes.resize(end);
    std::memcpy(bytes.data() + offset, from, static_cast<size_t>(size));
    return SQLITE_OK;
  }

  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    Of(file).file->bytes.resize(static_cast<size_t>(size));
    return SQLITE_OK;
  }

  static int FileSize(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(Of(file).file->bytes.size());
    return SQLITE_OK;
  }

  static int Lock(sqlite3_file* file, int wanted) {
    Handle& handle = Of(file);
    if (handle.lock >= wanted) return SQLITE_OK;
    const int harmless = wanted == SQLITE_LOCK_SHARED      ? SQLITE_LOCK_RESERVED
                         : wanted == SQLITE_LOCK_EXCLUSIVE ? SQLITE_LOCK_NONE
                                                           : SQLITE_LOCK_SHARED;
    if (handle.AnyOther([&](const Handle& other) { return other.lock > harmless; })) {
      return SQLITE_BUSY;
    }
    handle.lock = wanted;
    return SQLITE_OK;
  }

  static int Unlock(sqlite3_file* file, int kept) {
    Handle& handle = Of(file);
    handle.lock = std::min(handle.lock, kept);
    return SQLITE_OK;
  }

  static int CheckReservedLock(sqlite3_file* file, int* result) {
    const Handle& handle = Of(file);
    const auto reserved = [](const Handle& any) { return any.lock >= SQLITE_LOCK_RESERVED; };
    *result = reserved(handle) || handle.AnyOther(reserved) ? 1 : 0;
    return SQLITE_OK;
  }

  static int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** mapped) {
    auto& shared = Of(file).file->shared;
    const auto wanted = static_cast<size_t>(page);
    while (extend != 0 && shared.size() <= wanted) {
      shared.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    }
    *mapped = wanted < shared.size() ? shared[wanted].get() : nullptr;
    return SQLITE_OK;
  }

  static int ShmLock(sqlite3_file* file, int first, int count, int flags) {
    Handle& handle = Of(file);
    const unsigned mask = ((1U << count) - 1U) << first;
    unsigned& held =
        (flags & SQLITE_SHM_SHARED) != 0 ? handle.shared_locks : handle.exclusive_locks;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      held &= ~mask;
      return SQLITE_OK;
    }
    const auto in_the_way = [&](const Handle& other) {
      const unsigned shared = (flags & SQLITE_SHM_SHARED) != 0 ? 0 : other.shared_locks;
      return ((other.exclusive_locks | shared) & mask) != 0;
    };
    if (handle.AnyOther(in_the_way)) return SQLITE_BUSY;
    held |= mask;
    return SQLITE_OK;
  }

  static int ShmUnmap(sqlite3_file* file, int remove) {
    Handle& handle = Of(file);
    handle.shared_locks = 0;
    handle.exclusive_locks = 0;
    if (remove != 0) handle.file->shared.clear();
    return SQLITE_OK;
  }
};

MemoryFiles::MemoryFiles() {
  // No connection is used by two threads at once, and nobody asks how much memory there is in use:
  // without effect if SQLite is in use already.
  sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  vfs_ = *sqlite3_vfs_find(nullptr);
  vfs_.zName = "tally-simulation";
  vfs_.szOsFile = sizeof(Handle);
  vfs_.pAppData = this;
  vfs_.xOpen = Calls::Open;
  vfs_.xDelete = Calls::Delete;
  vfs_.xAccess = Calls::Access;
  vfs_.xFullPathname = Calls::FullPathname;
  sqlite3_vfs_register(&vfs_, /*makeDflt=*/1);
}

MemoryFiles::~MemoryFiles() { sqlite3_vfs_unregister(&vfs_); }

std::string MemoryFiles::Copy(const std::string& path) { return Find(path, true)->bytes; }

void MemoryFiles::Restore(const std::string& path, const std::string& copy) {
  File& database = *Find(path, true);
  database.bytes = copy;
  Find(absl::StrCat(path, "-wal"), true)->bytes.clear();
  if (!database.shared.empty()) std::memset(database.shared[0].get(), 0, kSharedHeaderSize);
}

std::shared_ptr<MemoryFiles::File> MemoryFiles::Find(const std::string& path, bool make) {
  absl::MutexLock lock(&mutex_);
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  return make ? files_.emplace(path, std::make_shared<File>()).first->second : nullptr;
}

}  // namespace tally::simulation
